import type pg from 'pg';

/** The content of a configuration document that is in force. */
export async function liveDocument(db: pg.Client, kind: string, objectId: string): Promise<Record<string, unknown>> {
  const { rows } = await db.query(
    `SELECT v.document FROM config_live l JOIN config_versions v USING (kind, object_id, version)
     WHERE l.kind = $1 AND l.object_id = $2`,
    [kind, objectId],
  );
  if (!rows[0]) throw new Error(`there is no ${kind} ${objectId}`);
  return rows[0].document;
}

/** Puts a document in force without a change request, as an installation's first documents are. Null takes it out. */
export async function publishDocument(
  db: pg.Client,
  kind: string,
  objectId: string,
  document: object | null,
): Promise<number> {
  const { rows } = await db.query(`SELECT tributary_publish($1, $2, $3, 'test') AS version`, [
    kind,
    objectId,
    document === null ? null : JSON.stringify(document),
  ]);
  return rows[0].version;
}
