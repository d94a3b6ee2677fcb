import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/prisma/client.ts';

export type Prisma = PrismaClient;

/** Prisma for the console's reads and administration. The payment path never goes through it. */
export const createPrisma = (url: string): PrismaClient =>
  new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 6 }) });
