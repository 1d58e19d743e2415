import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimulatorOptions } from '../../simulator/simulator.ts';
import { start } from './device-client.ts';
import { requirePython, runScript } from './python.ts';

const python = requirePython('ncclient', 'python3-ncclient');
const skip = 'skip' in python ? python.skip : false;

const DIALECTS: [name: string, dialect: NonNullable<SimulatorOptions['dialect']>][] = [
  ['as current Junos', {}],
  ['rfc-compliant', { rfcCompliant: true }],
  ['with base:1.1 in chunks', { chunked: true }],
];
for (const [name, dialect] of DIALECTS) {
  test(`ncclient gets, calls, commands and closes: ${name}`, { skip }, async (t) => {
    assert.ok('path' in python);
    const simulator = await start(t, { dialect });
    const result = (await runScript(t, python.path, 'ncclient_session.py', [`${simulator.port}`, 'netops', 'pw'])) as {
      capabilities: string[];
      text: string;
    };
    const { capabilities, text, ...rest } = result;
    assert.ok(capabilities.includes('urn:ietf:params:netconf:base:1.0'));
    assert.match(text, /Current time: .* UTC/);
    assert.deepEqual(rest, {
      session: '1',
      get: 'hq-fw01',
      rpc: 'srx345',
      xml: 'hq-fw01',
      error: ['protocol', 'operation-failed', 'error', 'syntax error'],
      closed: true,
    });
    assert.deepEqual(
      simulator.state.rpcs.map((record) => record.rpc),
      ['get', 'get-software-information', 'command', 'command', 'get-nothing', 'close-session'],
    );
  });
}
