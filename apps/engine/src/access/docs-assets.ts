/** Style and script of the docs page. Inline, allowed by their hashes in the page's content security policy. */

export const docsStyle = `
:root{--bg:#fff;--surface:#f8fafc;--fg:#0f172a;--muted:#475569;--line:#cbd5e1;--primary:#1d4ed8;--code:#f1f5f9;--green:#15613a;--green-bg:#e3f6ea}
@media (prefers-color-scheme:dark){:root{--bg:#0b1120;--surface:#131c2e;--fg:#e6edf6;--muted:#a3b1c6;--line:#2a3650;--primary:#7aa7ff;--code:#172136;--green:#6ee7a0;--green-bg:#0f2e20}}
*{box-sizing:border-box}html{scroll-padding-top:64px;color-scheme:light dark}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.6 "Inter",-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans SC","Noto Sans CJK SC",sans-serif}
[data-lang=en] [lang="zh-CN"],[data-lang=zh] [lang=en]{display:none}
header{position:sticky;top:0;z-index:1;display:flex;gap:20px;align-items:center;padding:10px 24px;background:var(--bg);border-bottom:1px solid var(--line)}
.brand{font-weight:650;color:var(--fg);text-decoration:none}nav{display:flex;gap:16px;flex:1;overflow-x:auto;white-space:nowrap}
nav a{color:var(--muted);text-decoration:none}a{color:var(--primary)}a:focus-visible,button:focus-visible,input:focus-visible,textarea:focus-visible,summary:focus-visible{outline:2px solid var(--primary);outline-offset:2px}
main{max-width:920px;margin:0 auto;padding:24px}h1{font-size:28px;line-height:1.2;margin:16px 0 8px}h2{font-size:20px;margin:40px 0 8px;padding-top:16px;border-top:1px solid var(--line)}h3{font-size:15px;margin:20px 0 6px}
.lead,.operation>p{color:var(--muted)}code,pre,input,textarea{font-family:ui-monospace,"SFMono-Regular",Menlo,Consolas,monospace;font-size:13px}
code{background:var(--code);padding:1px 4px;border-radius:4px}pre{background:var(--code);padding:12px 16px;border-radius:6px;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}pre code{padding:0;background:none}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;vertical-align:top;padding:6px 10px 6px 0;border-bottom:1px solid var(--line)}th{font-weight:600;color:var(--muted)}.scroll{overflow-x:auto}
.method{display:inline-block;min-width:44px;padding:1px 6px;border-radius:4px;background:var(--surface);border:1px solid var(--line);font-size:12px;font-weight:650;text-align:center}.method.post{background:var(--green-bg);color:var(--green);border-color:transparent}
.required{color:#b42318;margin-left:2px}@media (prefers-color-scheme:dark){.required{color:#ff9a90}}
.operation{padding:8px 0 12px}details{margin:6px 0}summary{cursor:pointer;color:var(--primary)}
form{display:grid;gap:10px;padding:12px 0;max-width:640px}label{display:grid;gap:4px;font-size:13px;color:var(--muted)}
input,textarea{width:100%;padding:6px 8px;color:var(--fg);background:var(--bg);border:1px solid #7c8aa0;border-radius:6px}button{justify-self:start;padding:6px 14px;border:1px solid var(--line);border-radius:6px;background:var(--surface);color:var(--fg);font:inherit;cursor:pointer}
form button{background:var(--primary);color:var(--bg);border-color:transparent}
`;

export const docsScript = `
for (const place of document.querySelectorAll('[data-origin]')) place.textContent = location.origin;
const root = document.documentElement, toggle = document.getElementById('language');
const speak = (lang) => { root.dataset.lang = lang; root.lang = lang === 'zh' ? 'zh-CN' : 'en'; toggle.textContent = lang === 'zh' ? 'English' : '中文'; };
speak(navigator.language.startsWith('zh') ? 'zh' : 'en');
toggle.addEventListener('click', () => speak(root.dataset.lang === 'zh' ? 'en' : 'zh'));
document.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target, data = new FormData(form), { method } = form.dataset;
  const query = data.get('query');
  const path = form.dataset.path.replace('{id}', encodeURIComponent(data.get('id') || '')) + (query ? '?' + query : '');
  const headers = { Authorization: 'Bearer ' + (data.get('key') || '').trim() };
  const body = data.get('body');
  if (body !== null) { headers['Content-Type'] = 'application/json'; headers['Idempotency-Key'] = crypto.randomUUID(); }
  const quote = (text) => "'" + text.replaceAll("'", "'\\\\''") + "'";
  const shown = { ...headers, Authorization: 'Bearer $API_KEY' };
  const curl = form.querySelector('.curl'), answer = form.querySelector('.answer');
  curl.hidden = answer.hidden = false;
  curl.textContent = 'curl -X ' + method + ' ' + quote(location.origin + path) + Object.entries(shown).map(([n, v]) => ' \\\\\\n  -H ' + (n === 'Authorization' ? '"' + n + ': ' + v + '"' : quote(n + ': ' + v))).join('') + (body === null ? '' : ' \\\\\\n  -d ' + quote(body));
  answer.textContent = '…';
  for (const other of document.querySelectorAll('input[name=key]')) if (!other.value) other.value = data.get('key');
  try {
    const response = await fetch(path, { method, headers, ...(body === null ? {} : { body }) });
    const text = await response.text();
    let pretty = text;
    try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch {}
    answer.textContent = response.status + ' ' + response.statusText + '\\n' + pretty;
  } catch (error) { answer.textContent = String(error); }
});
`;
