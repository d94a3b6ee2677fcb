import { type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const hex = content.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
};

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const octets = (content: Buffer) => der(0x04, content);
const text = (value: string) => der(0x0c, Buffer.from(value, 'utf8'));
const truth = der(0x01, Buffer.from([0xff]));
const nothing = der(0x05);

/** A positive INTEGER: DER wants a leading zero when the top bit is set and no other padding. */
const integer = (bytes: Buffer): Buffer => {
  const significant = bytes.subarray(
    Math.max(
      0,
      bytes.findIndex((byte) => byte !== 0),
    ),
  );
  const first = significant[0] ?? 0;
  return der(0x02, first >= 0x80 ? Buffer.concat([Buffer.from([0]), significant]) : significant);
};

const bits = (content: Buffer, unused = 0) => der(0x03, Buffer.from([unused]), content);

const objectId = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const septets = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80);
    return septets;
  });
  return der(0x06, Buffer.from(arcs));
};

/** UTCTime holds two digits of the year, which is enough until 2049. */
const utcTime = (at: Date) =>
  der(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`, 'ascii'));

const name = (commonName: string, organization: string) =>
  sequence(
    der(0x31, sequence(objectId('2.5.4.6'), der(0x13, Buffer.from('CN', 'ascii')))),
    der(0x31, sequence(objectId('2.5.4.10'), text(organization))),
    der(0x31, sequence(objectId('2.5.4.3'), text(commonName))),
  );

const extension = (id: string, value: Buffer) => sequence(objectId(id), truth, octets(value));

/** What goes into a certificate. */
export type CertificateRequest = {
  commonName: string;
  organization: string;
  publicKey: KeyObject;
  privateKey: KeyObject;
  notBefore: Date;
  notAfter: Date;
  /** Who issues it, with whose key it is signed; itself when left out. */
  issuer?: { commonName: string; organization: string };
  /** Whether it may issue others. */
  isAuthority?: boolean;
};

/** A certificate with its serial number in upper-case hexadecimal, as protocols quote it. */
export type Certificate = { pem: string; serial: string };

/** Makes an RSA certificate (X.509 v3, SHA-256), self-signed or issued by another: RFC 5280 section 4.1 in a few lines of DER. */
export const createCertificate = (request: CertificateRequest): Certificate => {
  const serial = randomBytes(20);
  // Positive, and never shortened by a leading zero: the printed serial always has 40 digits.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const algorithm = sequence(objectId('1.2.840.113549.1.1.11'), nothing);
  const subject = name(request.commonName, request.organization);
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    request.issuer === undefined ? subject : name(request.issuer.commonName, request.issuer.organization),
    sequence(utcTime(request.notBefore), utcTime(request.notAfter)),
    subject,
    request.publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(
        extension('2.5.29.19', request.isAuthority ? sequence(truth) : sequence()),
        // keyCertSign; else digitalSignature and nonRepudiation
        extension('2.5.29.15', request.isAuthority ? bits(Buffer.from([0x04]), 2) : bits(Buffer.from([0xc0]), 6)),
      ),
    ),
  );
  const signature = sign('sha256', body, request.privateKey);
  const certificate = new X509Certificate(sequence(body, algorithm, bits(signature)));
  return { pem: certificate.toString(), serial: certificate.serialNumber };
};
