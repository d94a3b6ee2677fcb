// How long a document that must be refused holds the event loop up.
import { parse } from '../../packages/rules/src/parse.ts';
import { badDocuments } from '../../packages/rules/src/testing/bad-documents.ts';
import { sampleEvents, sampleFacts } from '../../packages/rules/src/testing/sample-facts.ts';

export interface BadInputReport {
  readonly documents: number;
  readonly worstMs: number;
  readonly worst: string;
}

/** The best of three for each, so that what is told is the work and not the machine. */
export function measureBadInput(): BadInputReport {
  let worst = { ms: 0, what: '' };
  for (const { what, build } of badDocuments) {
    const document = build();
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      const from = performance.now();
      if (parse(document, { facts: sampleFacts, eventTypes: sampleEvents }).ok) throw new Error(`accepted: ${what}`);
      best = Math.min(best, performance.now() - from);
    }
    if (best > worst.ms) worst = { ms: best, what };
  }
  return { documents: badDocuments.length, worstMs: Number(worst.ms.toFixed(1)), worst: worst.what };
}
