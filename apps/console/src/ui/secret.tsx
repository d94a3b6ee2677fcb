import { Copy } from './copy';

/** A secret that is shown once. */
export const Secret = ({
  title,
  text,
  copy,
  copied,
}: {
  title: string;
  text: string;
  copy: string;
  copied: string;
}) => (
  <div className="rounded-md bg-warn-bg p-3 text-warn" role="status">
    <p className="mb-1 font-medium">{title}</p>
    <Copy text={text} label={copy} copied={copied} />
  </div>
);
