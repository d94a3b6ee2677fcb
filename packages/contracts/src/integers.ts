import * as z from 'zod';

/** A version of a document; what Postgres keeps as `integer`. */
export const versionSchema = z.int().min(1).max(2_147_483_647);

/** A moment in Unix ms; no later than a `Date` can be, in the year 275760. */
export const momentSchema = z.int().min(0).max(8_640_000_000_000_000);
