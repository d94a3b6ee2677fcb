// The least that answers HTTP in Node: the same bytes to whoever asks. Told the port and the file of the body.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { port, headers, body } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as {
  port: number;
  headers: string[];
  body: string;
};
createServer((_, response) => {
  response.writeHead(200, headers);
  response.end(body);
}).listen(port, '127.0.0.1');
