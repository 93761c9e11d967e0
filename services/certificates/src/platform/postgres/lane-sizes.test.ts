import { expect, test } from '@jest/globals';
import { DATABASE_CONNECTIONS, LANES, LEAST_DATABASE_CONNECTIONS, lanesOf } from './lane-sizes.js';

const BESIDE = 3;
const sumOf = (lanes: ReturnType<typeof lanesOf>) =>
  Object.values(lanes).reduce((sum, { connections }) => sum + connections, BESIDE);

test('a process that is told nothing has the lanes as they are', () => {
  expect(DATABASE_CONNECTIONS).toBe(37);
  expect(lanesOf(DATABASE_CONNECTIONS)).toEqual(LANES);
});

test('lanes share any number of connections, never more than it, and never less than two each', () => {
  for (let connections = LEAST_DATABASE_CONNECTIONS; connections <= 1_000; connections += 1) {
    const lanes = lanesOf(connections);
    expect(sumOf(lanes)).toBeLessThanOrEqual(connections);
    expect(sumOf(lanes)).toBeGreaterThan(connections - Object.keys(lanes).length);
    for (const lane of Object.values(lanes)) expect(lane.connections).toBeGreaterThanOrEqual(2);
  }
});
