import { hashPassword } from 'better-auth/crypto';

/** Hashes a console password the way sign-in expects it (scrypt, salted). */
export const hashConsolePassword = (password: string): Promise<string> => hashPassword(password);
