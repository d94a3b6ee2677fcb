/** Style and script of the docs page. Inline, allowed by their hashes in the page's content security policy. */

const dark =
  '--bg:#0b1120;--surface:#131c2e;--fg:#e6edf6;--muted:#a3b1c6;--line:#2a3650;--edge:#64748f;--primary:#7aa7ff;--on-primary:#0b1120;--code:#131c2e;--green:#6ee7a0;--green-bg:#0f2e20;--blue:#93b7ff;--blue-bg:#14264d;--red:#ff9a90;--red-bg:#3d1716;--grey:#b8b2ab;--grey-bg:#292524;--violet:#d9a6f0;--violet-bg:#321642;color-scheme:dark';

export const docsStyle = `
:root{--bg:#fff;--surface:#f8fafc;--fg:#0f172a;--muted:#475569;--line:#cbd5e1;--edge:#7c8aa0;--primary:#1d4ed8;--on-primary:#fff;--code:#f4f6fa;--green:#15613a;--green-bg:#e3f6ea;--blue:#1d4ed8;--blue-bg:#e6eefe;--red:#b42318;--red-bg:#fdeceb;--grey:#57534e;--grey-bg:#f1efed;--violet:#7a2f9c;--violet-bg:#f5e9fb;color-scheme:light}
:root[data-theme=dark]{${dark}}
@media (prefers-color-scheme:dark){:root[data-theme=auto]{${dark}}}
*{box-sizing:border-box}html{scroll-padding-top:72px;scroll-behavior:smooth}@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.65 "Inter",-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans SC","Noto Sans CJK SC",sans-serif}
:root:lang(en) span:lang(zh-CN),:root:lang(zh-CN) span[lang=en]{display:none}
.unseen,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip:focus{position:fixed;top:8px;left:8px;z-index:3;padding:6px 12px;background:var(--primary);color:var(--on-primary);border-radius:6px}
header{position:sticky;top:0;z-index:2;display:flex;gap:12px;align-items:center;height:56px;padding:0 24px;background:var(--bg);border-bottom:1px solid var(--line)}
.brand{display:flex;gap:8px;align-items:center;margin-right:auto;font-weight:650;color:var(--fg);text-decoration:none}.brand svg{color:var(--primary)}.brand small{font-weight:500;color:var(--muted)}
a{color:var(--primary);text-underline-offset:2px}.plain{color:var(--muted);text-decoration:none;font-size:13px}.plain:hover,nav a:hover{color:var(--fg)}
:focus-visible{outline:2px solid var(--primary);outline-offset:2px}main:focus{outline:none}
.frame{display:grid;grid-template-columns:232px minmax(0,1fr);max-width:1240px;margin:0 auto}
nav{position:sticky;top:56px;align-self:start;max-height:calc(100vh - 56px);overflow-y:auto;padding:24px 16px 24px 24px;border-right:1px solid var(--line);font-size:13px}
nav ul{list-style:none;margin:0 0 16px;padding:0}nav a{display:block;padding:3px 8px;border-radius:6px;color:var(--muted);text-decoration:none}nav a:hover,nav a[aria-current]{background:var(--surface);color:var(--fg)}nav a[aria-current]{box-shadow:inset 2px 0 var(--primary)}
nav .title{padding:3px 8px;font-weight:600}.verb{display:inline-block;width:34px;font-size:11px;font-weight:650;letter-spacing:.02em}
main{min-width:0;padding:32px 40px 96px;max-width:940px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:0 0 8px}h2{font-size:21px;letter-spacing:-.01em;margin:56px 0 12px}h3{font-size:16px;margin:28px 0 8px}h4{font-size:13px;margin:18px 0 6px;color:var(--muted);font-weight:600}
p{margin:8px 0}.lead{color:var(--muted);font-size:17px;max-width:62ch}
code,pre,input,textarea{font-family:ui-monospace,"SFMono-Regular",Menlo,Consolas,"Noto Sans Mono CJK SC",monospace;font-size:13px}
code{background:var(--code);padding:1px 5px;border-radius:4px}
.code{position:relative;margin:8px 0 12px;border:1px solid var(--line);border-radius:8px;background:var(--code);overflow:hidden}
.code pre{margin:0;padding:12px 16px;overflow-x:auto;line-height:1.55}.code pre code{padding:0;background:none}.code .label+.copy+pre{padding-top:30px}
.label{position:absolute;top:7px;left:16px;font-size:11px;font-weight:600;color:var(--muted)}
.copy{position:absolute;top:6px;right:6px;padding:2px 8px;font-size:12px;opacity:0}.code:hover .copy,.copy:focus-visible{opacity:1}@media (hover:none){.copy{opacity:1}}
.scroll{overflow-x:auto;margin:6px 0 12px}table{border-collapse:collapse;width:100%;font-size:13px;line-height:1.5}th,td{text-align:left;vertical-align:top;padding:7px 14px 7px 0;border-bottom:1px solid var(--line)}thead th{font-weight:600;color:var(--muted)}tr:target{background:var(--blue-bg)}td small{color:var(--muted);white-space:nowrap}td:first-child{white-space:nowrap}
.operation{margin:0 0 28px;padding:8px 24px 16px;border:1px solid var(--line);border-radius:12px}
.operation h3{display:flex;flex-wrap:wrap;gap:10px;align-items:center;margin:12px 0 4px}.operation h3 .path{background:none;padding:0;font-size:14px}.summary{margin-left:auto;color:var(--muted);font-weight:500;font-size:14px}
.scope{color:var(--muted);font-size:13px}
.method{padding:1px 8px;border-radius:5px;font-size:12px;font-weight:650;background:var(--blue-bg);color:var(--blue)}.method.post{background:var(--green-bg);color:var(--green)}
.status{padding:1px 8px;border-radius:99px;font-size:12px;font-weight:600;background:var(--grey-bg);color:var(--grey)}.status.processing{background:var(--blue-bg);color:var(--blue)}.status.succeeded{background:var(--green-bg);color:var(--green)}.status.failed{background:var(--red-bg);color:var(--red)}.status.rejected{background:var(--violet-bg);color:var(--violet)}
.required{color:var(--red);margin-left:2px}.steps{padding-left:20px}.steps li::marker{color:var(--muted);font-weight:600}
details{margin:8px 0;border-top:1px solid var(--line);padding-top:8px}summary{cursor:pointer;color:var(--primary);font-weight:500}
form{display:grid;gap:12px;padding:12px 0 0}label{display:grid;gap:4px;font-size:13px;color:var(--muted)}.pair{display:flex;gap:8px}
input,textarea{width:100%;padding:7px 10px;color:var(--fg);background:var(--bg);border:1px solid var(--edge);border-radius:6px;resize:vertical}
button{justify-self:start;padding:5px 12px;border:1px solid var(--line);border-radius:6px;background:var(--surface);color:var(--fg);font:inherit;font-size:13px;cursor:pointer;white-space:nowrap}button:hover{border-color:var(--edge)}
form button[type=submit]{padding:7px 18px;background:var(--primary);color:var(--on-primary);border-color:transparent;font-weight:550}form button[aria-busy=true]{opacity:.6}
.took{margin:0;min-height:1.6em;font-size:13px;color:var(--muted)}.took b{color:var(--green)}.took b.bad{color:var(--red)}
@media (max-width:860px){.frame{display:block}nav{display:none}main{padding:24px 16px 64px}header{padding:0 16px}.operation{padding:4px 14px 12px}.summary{margin-left:0;width:100%}td:nth-child(3){min-width:160px}}
@media print{nav,header,.try,.copy{display:none}.frame{display:block}}
`;

export const docsScript = `
const root = document.documentElement, find = (s, at = document) => at.querySelector(s), all = (s, at = document) => at.querySelectorAll(s);
const kept = { get: (k) => { try { return localStorage.getItem('docs.' + k); } catch { return null; } }, set: (k, v) => { try { localStorage.setItem('docs.' + k, v); } catch {} } };
for (const place of all('[data-origin]')) place.textContent = location.origin;

const language = find('#language'), theme = find('#theme');
const speak = (lang) => { root.lang = lang; language.lang = lang === 'en' ? 'zh-CN' : 'en'; language.textContent = lang === 'en' ? '中文' : 'English'; };
if (kept.get('language')) speak(kept.get('language') === 'en' ? 'en' : 'zh-CN');
language.addEventListener('click', () => { speak(root.lang === 'en' ? 'zh-CN' : 'en'); kept.set('language', root.lang); });
const isDark = () => root.dataset.theme === 'dark' || (root.dataset.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
if (['light', 'dark'].includes(kept.get('theme'))) root.dataset.theme = kept.get('theme');
theme.addEventListener('click', () => { root.dataset.theme = isDark() ? 'light' : 'dark'; kept.set('theme', root.dataset.theme); });

const links = new Map([...all('nav a')].map((a) => [a.hash.slice(1), a]));
const watch = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) if (isIntersecting) { for (const a of links.values()) a.removeAttribute('aria-current'); links.get(target.id).setAttribute('aria-current', 'true'); }
}, { rootMargin: '-72px 0px -70% 0px' });
for (const id of links.keys()) watch.observe(document.getElementById(id));

// crypto.randomUUID is only there on secure origins; a demo on a plain address needs keys too.
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
for (const input of all('input[name=idempotency]')) input.value = newKey();
const freshNumber = (form) => {
  const area = find('textarea', form);
  if (area) area.value = area.value.replace(/("merchant(?:Order|Refund)No": *")[^"]*/, (_, before) => before + 'DOCS-' + newKey().slice(0, 10));
};
for (const form of all('form')) freshNumber(form);
document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.classList.contains('renew')) { find('input', button.parentElement).value = newKey(); freshNumber(button.form); }
  if (button.classList.contains('copy')) {
    navigator.clipboard?.writeText(find('pre', button.parentElement).textContent);
    button.classList.add('done'); const before = button.innerHTML; button.textContent = '✓'; setTimeout(() => { button.innerHTML = before; }, 1200);
  }
});
document.addEventListener('input', ({ target }) => { if (target.name === 'key') for (const other of all('input[name=key]')) if (other !== target) other.value = target.value; });

const quote = (text) => "'" + text.replaceAll("'", "'\\\\''") + "'";
const show = (form, name, text) => { const box = find('.' + name, form); box.hidden = false; find('pre code', box).textContent = text; };
document.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target, data = new FormData(form), { method } = form.dataset, button = find('[type=submit]', form), took = find('.took', form);
  const query = (data.get('query') || '').trim(), body = data.get('body');
  const path = form.dataset.path.replace('{id}', encodeURIComponent((data.get('id') || '').trim())) + (query ? '?' + query : '');
  const headers = { Authorization: 'Bearer ' + (data.get('key') || '').trim() };
  if (body !== null) headers['Content-Type'] = 'application/json';
  if (data.get('idempotency')) headers['Idempotency-Key'] = data.get('idempotency').trim();
  const shown = Object.entries(headers).map(([n, v]) => ' \\\\\\n  -H ' + (n === 'Authorization' ? '"Authorization: Bearer $API_KEY"' : quote(n + ': ' + v))).join('');
  show(form, 'curl', 'curl' + (method === 'GET' ? '' : ' -X ' + method) + ' ' + quote(location.origin + path) + shown + (body === null ? '' : ' \\\\\\n  -d ' + quote(body)));
  button.setAttribute('aria-busy', 'true'); took.textContent = '…';
  const began = performance.now();
  try {
    const response = await fetch(path, { method, headers, cache: 'no-store', ...(body === null ? {} : { body }) });
    const text = await response.text();
    let value; try { value = JSON.parse(text); } catch {}
    const status = document.createElement('b');
    status.textContent = response.status + ' ' + response.statusText; status.className = response.ok ? 'good' : 'bad';
    const notes = [Math.round(performance.now() - began) + ' ms', response.headers.get('request-id'), response.headers.get('idempotency-status')].filter(Boolean);
    took.replaceChildren(status, ' · ' + notes.join(' · '));
    show(form, 'answer', value === undefined ? text : JSON.stringify(value, null, 2));
    // What was just made is what one wants to look at next.
    if (response.ok && value?.id) for (const input of all('input[name=id]')) if (value.id.startsWith(input.dataset.kind)) input.value = value.id;
  } catch (error) { took.textContent = String(error); }
  button.removeAttribute('aria-busy');
});
`;
