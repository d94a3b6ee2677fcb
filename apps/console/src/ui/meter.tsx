/** How full something is: a bar with its numbers, the tone says when it gets tight. */
export function Meter({ value, max, of = 'limit' }: { value: number; max: number; of?: 'limit' | 'progress' }) {
  const share = max === 0 ? 0 : Math.min(1, value / max);
  const tone = of === 'limit' && share >= 0.6 ? (share >= 0.9 ? 'bg-failed' : 'bg-warn') : 'bg-primary';
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden className="h-2 w-24 shrink-0 overflow-hidden rounded-full border border-edge bg-bg">
        <span className={`block h-full ${tone}`} style={{ width: `${share * 100}%` }} />
      </span>
      <span className="whitespace-nowrap">
        {value} <span className="text-subtle">/ {max}</span>
      </span>
    </span>
  );
}
