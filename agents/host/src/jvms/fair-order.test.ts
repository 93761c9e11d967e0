import { expect, test } from '@jest/globals';
import { fairOrder } from './fair-order.js';

test('users take turns within a rank, in the order in which their items came', () => {
  const items = ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'];
  const order = fairOrder(
    items,
    (item) => (item.startsWith('c') ? 0 : 1),
    (item) => item.charCodeAt(0),
  );
  expect(order).toEqual(['c1', 'a1', 'b1', 'a2', 'b2', 'a3']);
});
