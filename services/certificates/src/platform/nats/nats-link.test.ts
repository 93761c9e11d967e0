import { expect, test } from '@jest/globals';
import { membersToldOf } from './nats-link.js';

const info = { connect_urls: ['127.0.0.1:4223', '10.0.0.2:4222'] };

test('members that a server tells of are tried too, unless TLS keeps the password from who may have said it', () => {
  expect(membersToldOf({ servers: ['tls://nats.example:4222'], allowPlain: true }, info)).toEqual([]);
  expect(membersToldOf({ servers: ['nats://10.0.0.2:4222'], allowPlain: true }, info)).toEqual([
    'nats://127.0.0.1:4223',
  ]);
  expect(membersToldOf({ servers: ['nats://127.0.0.1:4222'], allowPlain: true })).toEqual([]);
});

test('members without TLS on other machines are tried only where that is allowed', () => {
  const servers = ['nats://127.0.0.1:4222'];
  expect(membersToldOf({ servers, allowPlain: false }, info)).toEqual(['nats://127.0.0.1:4223']);
  expect(membersToldOf({ servers, allowPlain: true }, info)).toEqual(['nats://127.0.0.1:4223', 'nats://10.0.0.2:4222']);
});
