import { procedure, router } from '../../access/trpc.ts';
import type { AdminDeps } from '../admin-deps.ts';

/** Services are documents: a new one, or another content, is a change of configuration. */
export function createServicesRouter({ pool, config }: AdminDeps) {
  return router({
    list: procedure('services.read').query(async () => {
      const { services, versions, problems } = config.current();
      const { rows } = await pool.query(
        `SELECT DISTINCT ON (object_id) object_id, published_by, published_at FROM config_publications
         WHERE kind = 'service' AND arm = 'all' ORDER BY object_id, id DESC`,
      );
      const published = new Map(rows.map((row) => [row.object_id as string, row]));
      const shown = [...services.values()]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((service) => ({
          id: service.id,
          version: versions.get(`service/${service.id}`) ?? 0,
          updatedBy: (published.get(service.id)?.published_by ?? '') as string,
          updatedAt: (published.get(service.id)?.published_at as Date | undefined)?.getTime() ?? 0,
          config: service,
          invalid: problems.some(({ ref }) => ref === `service/${service.id}`),
        }));
      return shown;
    }),
  });
}
