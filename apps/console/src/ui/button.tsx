import type { ButtonHTMLAttributes } from 'react';

const looks = {
  plain: 'border border-edge bg-bg text-fg hover:bg-surface',
  primary: 'border border-transparent bg-primary text-on-primary hover:opacity-90',
  danger: 'border border-failed bg-bg text-failed hover:bg-failed-bg',
  quiet: 'border border-transparent text-muted hover:bg-surface hover:text-fg',
} as const;

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { look?: keyof typeof looks };

export const Button = ({ look = 'plain', className = '', type = 'button', ...rest }: Props) => (
  <button
    type={type}
    className={`control inline-flex h-8 items-center gap-1.5 whitespace-nowrap rounded-md px-3 font-medium disabled:cursor-not-allowed disabled:opacity-50 ${looks[look]} ${className}`}
    {...rest}
  />
);
