import type { System } from './processes.ts';

/** A person of the demonstration at the console's procedures, without a browser. */
export async function signIn({ urls, demo }: System, wanted: { role: string; approver: boolean }) {
  const user = demo.users.find(({ role, approver }) => role === wanted.role && approver === wanted.approver);
  if (!user) throw new Error(`the demonstration has no such user: ${JSON.stringify(wanted)}`);
  const answer = await fetch(`${urls.engine}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: urls.console },
    body: JSON.stringify({ email: user.email, password: user.password }),
  });
  if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const headers = { cookie, origin: urls.console, 'content-type': 'application/json' };

  async function read<Result>(response: Response, name: string): Promise<Result> {
    const body = (await response.json()) as { result?: { data: Result }; error?: { message: string } };
    if (!response.ok || !body.result) throw new Error(`${name}: ${response.status} ${JSON.stringify(body.error)}`);
    return body.result.data;
  }
  return {
    /** @param at another node than the first */
    call: async <Result>(name: string, input: object = {}, at = urls.engine): Promise<Result> =>
      read(await fetch(`${at}/trpc/${name}`, { method: 'POST', headers, body: JSON.stringify(input) }), name),
    ask: async <Result>(name: string, input: object = {}, at = urls.engine): Promise<Result> =>
      read(await fetch(`${at}/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`, { headers }), name),
  };
}

export type ConsoleUser = Awaited<ReturnType<typeof signIn>>;
