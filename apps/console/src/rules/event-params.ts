/** A parameter of an event, as the engine's schema describes it. */
export type Param = {
  readonly key: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly required: boolean;
  readonly options: readonly string[];
};

type Schema = { readonly [key: string]: unknown };
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

/** Reads a path of keys, following references into `$defs`. */
function follow(root: Schema, start: unknown, ...keys: string[]): unknown {
  let found: unknown = start;
  for (const key of [undefined, ...keys]) {
    if (key !== undefined) found = isSchema(found) ? found[key] : undefined;
    for (let hops = 0; hops < 8 && isSchema(found) && typeof found.$ref === 'string'; hops++)
      found = found.$ref
        .split('/')
        .slice(1)
        .reduce<unknown>((at, part) => (isSchema(at) ? at[part] : undefined), root);
  }
  return found;
}

/** The parameters of every event type, from the JSON Schema of a rule document. Empty where it says nothing of them. */
export function paramsByEvent(schema: unknown): ReadonlyMap<string, readonly Param[]> {
  const found = new Map<string, readonly Param[]>();
  if (!isSchema(schema)) return found;
  const event = follow(schema, schema, 'properties', 'rules', 'items', 'properties', 'event');
  if (!isSchema(event)) return found;
  const variants = (event.anyOf ?? event.oneOf ?? [event]) as readonly unknown[];
  for (const variant of variants) {
    const type = follow(schema, variant, 'properties', 'type', 'const');
    if (typeof type !== 'string') continue;
    const params = follow(schema, variant, 'properties', 'params');
    const properties = follow(schema, params, 'properties');
    const required = isSchema(params) && Array.isArray(params.required) ? (params.required as unknown[]) : [];
    found.set(
      type,
      Object.keys(isSchema(properties) ? properties : {}).map((key) => {
        const said = follow(schema, properties, key);
        const one = isSchema(said) ? said : {};
        return {
          key,
          type:
            one.type === 'integer' || one.type === 'number' ? 'integer' : one.type === 'boolean' ? 'boolean' : 'string',
          required: required.includes(key),
          options: Array.isArray(one.enum) ? one.enum.map(String) : [],
        };
      }),
    );
  }
  return found;
}
