/** Small pieces of HTML that the docs page is made of. */

export const escapeHtml = (text: unknown): string =>
  String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** Escaped, with `code` set as code. */
export const prose = (text: unknown): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

/** The same in both languages; the page shows one. */
export const both = (en: string, zh: string): string =>
  en === zh ? en : `<span lang="en">${en}</span><span lang="zh-CN">${zh}</span>`;

/** A block of code that can be copied. `{origin}` becomes the address of the server that is read. */
export function code(text: string, label = ''): string {
  const html = escapeHtml(text).replaceAll('{origin}', '<span data-origin></span>');
  return `<div class="code">${label ? `<span class="label">${label}</span>` : ''}<button type="button" class="copy">${both('Copy', '复制')}</button><pre tabindex="0"><code>${html}</code></pre></div>`;
}

export const json = (value: unknown): string => JSON.stringify(value, null, 2);
