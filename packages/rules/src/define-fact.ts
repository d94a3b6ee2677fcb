/** The kinds of fact. Amounts are integers in minor units; a list holds scalars or plain objects. */
export type FactType = 'integer' | 'string' | 'boolean' | 'list';
export type FactItems = 'integer' | 'string';

interface FactText {
  readonly name: string;
  /** What a number counts: `fen`, `ms`, `payments`. */
  readonly unit?: string;
  readonly description: string;
  readonly descriptionZh: string;
  /** True if the fact can be missing; its conditions then see `undefined`. */
  readonly optional?: boolean;
}

/**
 * A fact that rules can name. Pure metadata: the checker, the editor, the linter and the docs read it. `least` and `most`: what
 * the linter may take for granted of an integer, inclusive; it is not checked when rules run.
 */
export type FactDefinition = FactText &
  (
    | { readonly type: 'integer'; readonly example: number; readonly least?: number; readonly most?: number }
    | { readonly type: 'string'; readonly example: string }
    | { readonly type: 'boolean'; readonly example: boolean }
    | { readonly type: 'list'; readonly items?: FactItems; readonly example: readonly unknown[] }
  );

interface ScalarTypes {
  integer: number;
  string: string;
  boolean: boolean;
}

type ItemOf<D> = D extends { readonly items: infer I extends FactItems } ? ScalarTypes[I] : unknown;

/** The runtime type of one fact's value. */
export type FactValue<D extends FactDefinition> = (ScalarTypes & { list: readonly ItemOf<D>[] })[D['type']];

type OptionalFact<D> = D extends { readonly optional: true } ? D : never;
type RequiredFact<D> = D extends { readonly optional: true } ? never : D;

/** The object that a set over these facts is evaluated on, e.g. `FactValues<typeof riskFacts>`. */
export type FactValues<F extends readonly FactDefinition[]> = {
  readonly [D in RequiredFact<F[number]> as D['name']]: FactValue<D>;
} & {
  readonly [D in OptionalFact<F[number]> as D['name']]?: FactValue<D> | undefined;
};

const namePattern = /^[a-z][A-Za-z0-9]{0,63}$/;

function exampleFits(definition: FactDefinition): boolean {
  if (definition.type === 'integer') {
    const { example, least = example, most = example } = definition;
    return [example, least, most].every(Number.isSafeInteger) && least <= example && example <= most;
  }
  if (definition.type === 'list') return Array.isArray(definition.example);
  return typeof definition.example === definition.type;
}

/**
 * Checks and freezes a fact's metadata. Names are camelCase and never a property of `Object.prototype`,
 * so that a missing fact can't be confused with an inherited one.
 */
export function defineFact<const D extends FactDefinition>(definition: D): Readonly<D> {
  const { name } = definition;
  if (!namePattern.test(name) || name in Object.prototype) throw new Error(`fact name "${name}" is not allowed`);
  if (!exampleFits(definition)) throw new Error(`the example of fact "${name}" is not of type ${definition.type}`);
  return Object.freeze(definition);
}

/** Facts by name. Throws on a name defined twice: that is a mistake in our code, not in a document. */
export function indexFacts(facts: readonly FactDefinition[]): ReadonlyMap<string, FactDefinition> {
  const byName = new Map<string, FactDefinition>();
  for (const fact of facts) {
    if (byName.has(fact.name)) throw new Error(`fact "${fact.name}" is defined twice`);
    byName.set(fact.name, fact);
  }
  return byName;
}
