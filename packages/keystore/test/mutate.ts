import { encodeElement } from './asn1.js';
import { Random } from './random.js';

/** An element of a tree that can be changed and put together again, with all lengths right. */
interface Node {
  tag: number;
  content: Buffer;
  /** Bytes in front of the children: the unused bits of a BIT STRING. */
  before: Buffer;
  children: Node[] | undefined;
}

const NESTS = new Set([0x03, 0x04]);

/** Changes a certificate at one to three places: half of the time its tree, else its bytes. */
export function mutate(der: Buffer, random: Random): Buffer {
  let mutant = der;
  for (let left = 1 + random.below(3); left > 0; left--)
    mutant = random.below(2) === 0 ? mutateTree(mutant, random) : mutateBytes(mutant, random);
  return mutant;
}

function mutateBytes(der: Buffer, random: Random): Buffer {
  if (der.length === 0) return random.bytes(4);
  const at = random.below(der.length);
  const mutant = Buffer.from(der);
  switch (random.below(4)) {
    case 0:
      mutant.writeUInt8(mutant.readUInt8(at) ^ (1 << random.below(8)), at);
      return mutant;
    case 1:
      mutant.writeUInt8(random.one([0, 1, 0x7f, 0x80, 0xff, random.below(256)]), at);
      return mutant;
    case 2:
      return Buffer.concat([der.subarray(0, at), random.bytes(1 + random.below(3)), der.subarray(at)]);
    default:
      return Buffer.concat([der.subarray(0, at), der.subarray(at + 1 + random.below(3))]);
  }
}

function mutateTree(der: Buffer, random: Random): Buffer {
  const [root, ...more] = parse(der) ?? [];
  if (!root || more.length > 0) return mutateBytes(der, random);
  const all: { node: Node; siblings: Node[] | undefined }[] = [];
  collect(root, undefined, all);
  const { node, siblings } = random.one(all);
  switch (random.below(10)) {
    case 0:
      node.tag = random.one([
        0x01,
        0x02,
        0x03,
        0x04,
        0x05,
        0x06,
        0x0c,
        0x13,
        0x17,
        0x18,
        0x1e,
        0x30,
        0x31,
        0x80,
        0x82,
        0xa0,
        0xa3,
        random.below(256),
      ]);
      break;
    case 1:
      node.children = undefined;
      node.content = random.bytes(random.below(12));
      break;
    case 2:
      siblings?.splice(siblings.indexOf(node), 1);
      break;
    case 3:
      siblings?.splice(siblings.indexOf(node), 0, node);
      break;
    case 4:
      if (siblings) swap(siblings, random.below(siblings.length), siblings.indexOf(node));
      break;
    case 5:
      node.children = undefined;
      node.content = Buffer.alloc(0);
      break;
    case 6:
      Object.assign(node, { ...random.one(all).node });
      break;
    case 7:
      node.children = [...(node.children ?? []), { ...random.one(all).node }];
      break;
    case 8:
      if (!node.children) node.content = mutateBytes(node.content, random);
      break;
    default:
      siblings?.splice(siblings.indexOf(node), 1, {
        tag: random.one([0x30, 0x31, 0xa0, 0x04]),
        content: Buffer.alloc(0),
        before: Buffer.alloc(0),
        children: [node],
      });
  }
  return encode(root, 0);
}

function swap(nodes: Node[], a: number, b: number): void {
  const [one, other] = [nodes[a], nodes[b]];
  if (one && other) [nodes[a], nodes[b]] = [other, one];
}

function collect(node: Node, siblings: Node[] | undefined, all: { node: Node; siblings: Node[] | undefined }[]): void {
  all.push({ node, siblings });
  for (const child of node.children ?? []) collect(child, node.children, all);
}

function parse(der: Buffer): Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < der.length;) {
    const tag = der[at] ?? 0;
    let length = der[at + 1] ?? 0xff;
    let from = at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count < 1 || count > 3 || from + count > der.length) return undefined;
      length = der.readUIntBE(from, count);
      from += count;
    }
    if (from + length > der.length) return undefined;
    const content = der.subarray(from, from + length);
    const before = tag === 0x03 ? content.subarray(0, 1) : content.subarray(0, 0);
    const inner = content.subarray(before.length);
    const nests =
      (tag & 0x20) !== 0 || (NESTS.has(tag) && inner[0] !== undefined && [0x30, 0x03, 0x02, 0x04].includes(inner[0]));
    const children = nests ? parse(inner) : undefined;
    nodes.push({ tag, content, before, children });
    at = from + length;
  }
  return nodes;
}

/** A node that was put into itself ends at some depth. */
function encode(node: Node, depth: number): Buffer {
  if (!node.children || depth > 24) return encodeElement(node.tag, node.content);
  return encodeElement(node.tag, node.before, ...node.children.map((child) => encode(child, depth + 1)));
}
