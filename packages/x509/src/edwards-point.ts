/** An Edwards curve a·x² + y² = 1 + d·x²·y² over the integers modulo p (RFC 8032 sections 5.1 and 5.2). */
interface EdwardsCurve {
  readonly p: bigint;
  readonly a: bigint;
  readonly d: bigint;
  /** Order of the group that keys lie in. */
  readonly order: bigint;
  /** Bits of the encoding below the sign of x. */
  readonly bits: number;
}

type Point = readonly [x: bigint, y: bigint, z: bigint];

const CURVES: Readonly<Record<'Ed25519' | 'Ed448', EdwardsCurve>> = {
  Ed25519: {
    p: 2n ** 255n - 19n,
    a: -1n,
    d: 37095705934669439343138083508754565189542113879843219016388785533085940283555n,
    order: 2n ** 252n + 27742317777372353535851937790883648493n,
    bits: 255,
  },
  Ed448: {
    p: 2n ** 448n - 2n ** 224n - 1n,
    a: 1n,
    d: -39081n,
    order: 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n,
    bits: 455,
  },
};

/**
 * Whether a key is the encoding of a point (RFC 8032 sections 5.1.3 and 5.2.3) in the group that the base point generates. A proper
 * key always is; of all byte strings one in 16 or fewer. The JDK looks when it verifies a signature, and not at the group;
 * BouncyCastle looks when it opens the truststore, and BC-FIPS at the group too.
 */
export function isEdwardsKey(algorithm: keyof typeof CURVES, key: Uint8Array): boolean {
  const curve = CURVES[algorithm];
  const { p, a, d, order, bits } = curve;
  const y = BigInt(`0x${Buffer.from(key).reverse().toString('hex')}`) & ((1n << BigInt(bits)) - 1n);
  if (y >= p) return false;
  const square = (y * y) % p;
  const x = squareRoot((1n - square) * power(a - d * square, p - 2n, p), p);
  if (x === undefined || x === 0n) return false;
  // Its sign does not matter: a point and its negative have the same order.
  const [productX, productY, productZ] = multiple([x, y, 1n], order, curve);
  return productX === 0n && productY === productZ;
}

/** base^exponent modulo `modulus`. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, factor] = [1n, modulo(base, modulus)];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

/** A square root modulo p, which is 3 modulo 4 or 5 modulo 8; undefined where there is none. */
function squareRoot(value: bigint, p: bigint): bigint | undefined {
  const root = p % 4n === 3n ? power(value, (p + 1n) / 4n, p) : power(value, (p + 3n) / 8n, p);
  return [root, (root * power(2n, (p - 1n) / 4n, p)) % p].find((each) => modulo(each * each - value, p) === 0n);
}

function multiple(point: Point, factor: bigint, curve: EdwardsCurve): Point {
  let [result, doubled]: [Point, Point] = [[0n, 1n, 1n], point];
  for (let left = factor; left > 0n; left >>= 1n) {
    if (left & 1n) result = sum(result, doubled, curve);
    doubled = sum(doubled, doubled, curve);
  }
  return result;
}

/** Projective addition (Bernstein and Lange, 2007), which holds for all pairs of points of these curves. */
function sum([x1, y1, z1]: Point, [x2, y2, z2]: Point, { p, a, d }: EdwardsCurve): Point {
  const z = (z1 * z2) % p;
  const zz = (z * z) % p;
  const [xx, yy] = [(x1 * x2) % p, (y1 * y2) % p];
  const e = (d * xx * yy) % p;
  const [f, g] = [zz - e, zz + e];
  return [modulo(z * f * ((x1 + y1) * (x2 + y2) - xx - yy), p), modulo(z * g * (yy - a * xx), p), modulo(f * g, p)];
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}
