import { defineConfig } from 'prisma/config';

// For Prisma's command line only; the engine passes its own connection pool to the client.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
});
