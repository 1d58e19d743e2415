import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '../../src/netconf/errors.ts';
import { parseReply } from '../../src/netconf/reply.ts';

test('an rpc-error has all its parts', () => {
  const { errors, warnings } =
    parseReply(`<nc:rpc-reply xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><nc:rpc-error>
    <nc:error-type>protocol</nc:error-type><nc:error-tag>operation-failed</nc:error-tag>
    <nc:error-severity>error</nc:error-severity><nc:error-path>[edit system]</nc:error-path>
    <nc:error-message>
    syntax   error
    </nc:error-message><nc:error-info><nc:bad-element>request-x</nc:bad-element></nc:error-info>
    </nc:rpc-error></nc:rpc-reply>`);
  assert.deepEqual(warnings, []);
  assert.deepEqual(errors, [
    {
      type: 'protocol',
      tag: 'operation-failed',
      severity: 'error',
      path: '[edit system]',
      badElement: 'request-x',
      message: 'syntax error',
    },
  ]);
});

test('errors are found at any depth, warnings kept apart', () => {
  const { errors, warnings } = parseReply(`<rpc-reply><load-configuration-results>
    <rpc-error><error-severity>warning</error-severity><error-message>statement not found</error-message></rpc-error>
    <x><rpc-error><error-message>permission denied</error-message></rpc-error></x>
    </load-configuration-results><ok/></rpc-reply>`);
  assert.deepEqual(
    errors.map((each) => each.message),
    ['permission denied'],
  );
  assert.deepEqual(
    warnings.map((each) => each.message),
    ['statement not found'],
  );
});

test('xnm:error and xnm:warning count, with and without the prefix; other elements of that name do not', () => {
  const xnm = 'xmlns="http://xml.juniper.net/xnm/1.1/xnm"';
  const { errors, warnings } = parseReply(`<rpc-reply>
    <xnm:error ${xnm} xmlns:xnm="http://xml.juniper.net/xnm/1.1/xnm"><token>x</token><message>error: Chassis cluster is not enabled</message></xnm:error>
    <warning ${xnm}><message>this engine only</message></warning>
    <counters><error>12</error><warning>3</warning></counters></rpc-reply>`);
  assert.deepEqual(
    errors.map(({ message, badElement }) => [message, badElement]),
    [['error: Chassis cluster is not enabled', 'x']],
  );
  assert.deepEqual(
    warnings.map((each) => each.message),
    ['this engine only'],
  );
});

test('an rpc-error alone is a reply, and one without a message has its tag', () => {
  const { errors } = parseReply('<rpc-error><error-tag>access-denied</error-tag></rpc-error>');
  assert.equal(errors[0]?.message, 'access-denied');
});

test('RpcError says who answered what', () => {
  const [info] = parseReply(
    '<rpc-reply><rpc-error><error-info><bad-element>get-x</bad-element></error-info><error-message>permission denied</error-message></rpc-error></rpc-reply>',
  ).errors;
  assert.ok(info);
  const error = new RpcError('hq-fw01', 'get-x', info);
  assert.equal(error.code, 'rpc-error');
  assert.equal(error.badElement, 'get-x');
  assert.equal(error.message, 'hq-fw01 answered get-x with an error: permission denied (get-x).');
});
