import { copyPlain } from './plain-copy.ts';
import { createIssueList, type RuleIssue } from './rule-issue.ts';
import { runInSlices } from './slices.ts';

/**
 * Whether an issue says that a document is no document of ours at all: too large, too deep, not plain data. Others are
 * mistakes that its writer can still mend.
 */
export const isBeyondCaps = ({ code }: RuleIssue): boolean =>
  code === 'too_large' || code === 'too_deep' || code === 'forbidden_key' || code === 'not_plain_data';

/**
 * Holds any JSON-like document against the caps on size, depth and lists, in slices that leave the event loop free.
 * Never throws.
 */
export async function checkCaps(document: unknown, budgetMs = 0.25): Promise<readonly RuleIssue[]> {
  const issues = createIssueList();
  await runInSlices(copyPlain(document, issues), budgetMs);
  return issues.items;
}
