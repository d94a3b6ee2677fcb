import { createSocket, type Socket } from 'node:dgram';
import { once, setMaxListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveHost } from './resolve-host.ts';

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

/** A name server on loopback: knows one IPv4 address of every name but those that begin with "silent". */
async function nameServer(address: readonly number[]): Promise<{ server: string; asked: string[] }> {
  const socket = createSocket('udp4');
  open.push(socket);
  const asked: string[] = [];
  socket.on('message', (question, from) => {
    const name: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      name.push(question.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    const type = question.readUInt16BE(at + 1);
    asked.push(name.join('.'));
    if (name[0]?.startsWith('silent')) return;
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(type === 1 ? 1 : 0, 6);
    header.writeUInt16BE(0, 8);
    header.writeUInt16BE(0, 10);
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address]);
    socket.send([header, question.subarray(12, at + 5), ...(type === 1 ? [answer] : [])], from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { server: `127.0.0.1:${socket.address().port}`, asked };
}

describe('resolving the host of a webhook', () => {
  it('finds what its name server says', async () => {
    const { server } = await nameServer([93, 184, 216, 34]);
    const found = await resolveHost('shop.example', new AbortController().signal, [server]);
    expect(found).toEqual([{ address: '93.184.216.34', family: 4 }]);
  });

  it('is not held up by names whose servers stay silent', async () => {
    const { server, asked } = await nameServer([93, 184, 216, 34]);
    const silence = new AbortController();
    setMaxListeners(0, silence.signal);
    const silent = Array.from({ length: 50 }, (_, n) =>
      resolveHost(`silent${n}.example`, silence.signal, [server]).then(
        () => 'answered',
        () => 'gave up',
      ),
    );
    const others = await Promise.all(
      ['a.example', 'b.example', 'localhost'].map((host) => resolveHost(host, silence.signal, [server])),
    );
    expect(others.map((addresses) => addresses.length)).toEqual([1, 1, 2]);
    // All of them were still waiting.
    expect(await Promise.race([...silent, Promise.resolve('nobody')])).toBe('nobody');
    silence.abort();
    expect(new Set(await Promise.all(silent))).toEqual(new Set(['gave up']));
    expect(asked).toContain('a.example');
  });

  it('says that there is no such name, and begins nothing that is over', async () => {
    const { server } = await nameServer([1, 2, 3, 4]);
    await expect(resolveHost('late.example', AbortSignal.abort(new Error('over')), [server])).rejects.toThrow('over');
    await expect(resolveHost('x'.repeat(64), new AbortController().signal, [server])).rejects.toThrow();
  });
});
