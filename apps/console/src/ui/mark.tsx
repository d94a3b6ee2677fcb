/** Several streams, one river. */
export const Mark = ({ size = 22 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
    <rect width="32" height="32" rx="7" className="fill-primary" />
    <path
      d="M7 9c6 0 5 7 9 7s3-7 9-7M16 16v8"
      fill="none"
      strokeWidth="3"
      strokeLinecap="round"
      className="stroke-on-primary"
    />
  </svg>
);
