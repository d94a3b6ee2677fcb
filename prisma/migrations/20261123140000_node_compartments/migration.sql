-- Each node tells how its compartments are: the live board adds them up.
ALTER TABLE "nodes" ADD COLUMN "compartments" JSONB NOT NULL DEFAULT '[]';
