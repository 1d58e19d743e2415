import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AssistantError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { EventTraces } from '../../src/watch/event-traces.ts';
import { startTraces } from '../../src/watch/start-traces.ts';
import { NO_TRACES, type Traces } from '../../src/watch/traces.ts';
import { Assistant, eventBody } from '../fakes/assistant.ts';
import { attribute, Collector, type Span } from '../fakes/collector.ts';
import { cardOf } from '../fakes/connector.ts';
import { DEVICE_PASSWORD, MASTER_PASSWORD, WEBHOOK_SECRET } from '../fakes/folder.ts';
import { newPerson, personalChat } from '../fakes/teams.ts';

const lines: Record<string, unknown>[] = [];
const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) });

/** As the environment of the process: the exporter reads its own part of it there. */
async function tracesTo(env: Record<string, string>): Promise<Traces> {
  Object.assign(process.env, env);
  try {
    return await startTraces(process.env, '1.2.3', log);
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
  }
}

/** Of the W3C's own example. */
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('traces of a running bot', () => {
  let collector: Collector;
  let traces: Traces;
  let assistant: Assistant;
  before(async () => {
    collector = await Collector.start();
    traces = await tracesTo({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100' });
    assistant = await Assistant.start({ traces });
  });
  after(async () => {
    await assistant.close();
    await traces.stop();
    await collector.close();
  });

  const isChildOf = (parent: Span) => (span: Span) =>
    span.traceId === parent.traceId && span.parentSpanId === parent.spanId;
  const child = (parent: Span, name: string) => collector.span((span) => span.name === name && isChildOf(parent)(span));

  it('a card goes on from its event, and links to the others that it shows', async () => {
    // Nobody is told yet, so that the card has both when it is made.
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    const { status } = await assistant.webhook(eventBody({ message: 'first words' }), { traceparent });
    assert.equal(status, 202);
    await assistant.event({ message: 'other words' });
    await assistant.alertsHere();
    await assistant.shown(2);

    const first = await collector.span(({ name, traceId }) => name === 'webhook' && traceId === TRACE);
    assert.equal(first.parentSpanId, PARENT);
    assert.deepEqual([attribute(first, 'event'), attribute(first, 'device')], ['CRITICAL', 'hq-fw01']);
    await child(first, 'store addEvent');
    const second = await collector.span(({ name, traceId }) => name === 'webhook' && traceId !== TRACE);
    assert.equal(second.parentSpanId ?? '', '');

    const card = await child(first, 'card post');
    assert.deepEqual(
      card.links.map(({ traceId, spanId }) => [traceId, spanId]),
      [[second.traceId, second.spanId]],
    );
    assert.deepEqual(
      [attribute(card, 'events'), attribute(card, 'lane'), attribute(card, 'outcome')],
      [2, 'urgent', 'posted'],
    );
    const request = await child(card, 'teams post');
    assert.equal(attribute(request, 'http.response.status_code'), 200);
  });

  it('a sender whose signature is wrong begins no trace and goes on with none', async () => {
    const other = '0af7651916cd43dd8448eb211c80319c';
    const body = eventBody({ message: 'forged' });
    const headers = { traceparent: `00-${other}-${PARENT}-01`, 'Junos-Auth': '0'.repeat(64) };
    assert.equal((await assistant.webhook(body, headers)).status, 401);
    // What is no traceparent begins one of its own.
    const { body: answer } = await assistant.webhook(eventBody(), { traceparent: `00-${'0'.repeat(32)}-${PARENT}-01` });
    const { id } = JSON.parse(answer) as { id: number };
    const own = await collector.span((span) => span.name === 'webhook' && attribute(span, 'id') === id);
    assert.equal(own.parentSpanId ?? '', '');
    assert.ok(collector.spans.every(({ traceId }) => traceId !== other));
  });

  it('from the click to the RPC', async () => {
    const person = newPerson('Alex Wilber');
    const card = await assistant.teams.ask(person, personalChat(person), 'reboot hq-fw01 now');
    await assistant.teams.click(person, personalChat(person), card, 'Reboot now');
    await assistant.logged(({ msg }) => msg === 'job ended');
    const click = await collector.span(({ name }) => name === 'click');
    assert.deepEqual([attribute(click, 'verb'), click.parentSpanId ?? ''], ['confirm', '']);
    await child(click, 'store decide');
    const job = await child(click, 'job reboot');
    assert.equal(attribute(job, 'device'), 'hq-fw01');
    assert.equal(attribute(job, 'job'), assistant.folder.rows('SELECT id FROM jobs')[0]?.id);
    await child(job, 'netconf connect');
    const rpc = await child(job, 'netconf rpc request-reboot');
    assert.equal(rpc.kind, 3);
    const follow = await collector.span(({ name, traceId }) => name === 'follow reboot' && traceId === click.traceId);
    await child(follow, 'netconf connect');
  });

  it('what the bot does all the time by itself is no trace', () => {
    const roots = collector.spans.filter(({ parentSpanId = '' }) => parentSpanId === '');
    assert.ok(roots.length > 0);
    for (const { name } of roots) assert.match(name, /^(?:webhook|turn|click)$/);
  });

  it('a card of an event of an earlier run begins a trace of its own, with its group', async () => {
    assistant.connector.plan({ status: 502 }, 1_000, ({ activity }) => cardOf(activity) !== undefined);
    await assistant.event({ hostname: 'hq-fw09' });
    const { group } = await assistant.logged(({ msg }) => msg === 'card not posted, trying again');
    await assistant.stop();
    assistant.connector.heal();
    await assistant.startAgain();
    const isIts = (span: Span) => span.name === 'card post' && attribute(span, 'group') === group;
    const posted = await collector.span((span) => isIts(span) && attribute(span, 'outcome') === 'posted');
    assert.equal(posted.parentSpanId ?? '', '');
    const refused = await collector.span((span) => isIts(span) && attribute(span, 'outcome') === 'retry');
    assert.notEqual(refused.parentSpanId ?? '', '');
  });

  it('hold no secret and nothing that somebody wrote, and say who sends them', () => {
    const all = collector.requests.map(({ body }) => body).join('\n');
    for (const secret of [
      WEBHOOK_SECRET,
      MASTER_PASSWORD,
      DEVICE_PASSWORD,
      'words',
      'forged',
      'Alex Wilber',
      'alerts here',
    ])
      assert.ok(!all.includes(secret), secret);
    assert.match(all, /"service\.name","value":\{"stringValue":"network-assistant"\}/);
    assert.match(all, /"service\.version","value":\{"stringValue":"1\.2\.3"\}/);
    assert.ok(collector.requests.every(({ path, type }) => path === '/v1/traces' && type === 'application/json'));
  });
});

describe('a span', () => {
  let collector: Collector;
  before(async () => {
    collector = await Collector.start();
  });
  after(() => collector.close());

  it('of what fails has the code of the error, not its words', async () => {
    const traces = await tracesTo({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` });
    const errors: [name: string, error: Error, type: string][] = [
      ['ours', new AssistantError('unknown-host', 'sentence of ours'), 'unknown-host'],
      ['any', new TypeError('internals'), 'TypeError'],
    ];
    for (const [name, error] of errors)
      await assert.rejects(
        traces.span(name, {}, () => Promise.reject(error)),
        (thrown) => thrown === error,
      );
    // What is left is sent with the stop.
    await traces.stop();
    for (const [name, , type] of errors) {
      const span = await collector.span((each) => each.name === name);
      assert.deepEqual([attribute(span, 'error.type'), span.status.code], [type, 2]);
      assert.deepEqual([span.events ?? [], span.status.message ?? ''], [[], '']);
    }
  });

  it('that is a part is none without a whole', async () => {
    const traces = await tracesTo({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    assert.equal(await traces.span('alone', { isPart: true }, async () => traces.here()), undefined);
    await traces.span('whole', {}, () => traces.span('part', { isPart: true }, async () => {}));
    await traces.stop();
    const whole = await collector.span(({ name }) => name === 'whole');
    assert.equal((await collector.span(({ name }) => name === 'part')).parentSpanId, whole.spanId);
    assert.ok(collector.spans.every(({ name }) => name !== 'alone'));
  });

  it('is not sent when the sampler leaves it out', async () => {
    const sampler = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' };
    const traces = await tracesTo({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...sampler });
    await traces.span('left out', {}, async () => {});
    // Its sender wants to see it.
    await traces.span('wanted', { traceparent: `00-${TRACE}-${PARENT}-01` }, async () => {});
    await traces.stop();
    await collector.span(({ name }) => name === 'wanted');
    assert.ok(collector.spans.every(({ name }) => name !== 'left out'));
  });

  it('a collector that is not there holds up nothing', async () => {
    const gone = await Collector.start();
    const { url } = gone;
    await gone.close();
    const traces = await tracesTo({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    assert.equal(await traces.span('lost', {}, async () => 'done'), 'done');
    await traces.stop();
  });
});

describe('tracing', () => {
  const off: [what: string, env: Record<string, string>][] = [
    ['nothing is set', {}],
    ['it is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' }],
    ['the exporter is none', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_EXPORTER: 'none' }],
    ['the exporter is one of others', { OTEL_TRACES_EXPORTER: 'zipkin' }],
  ];
  for (const [what, env] of off)
    it(`is off when ${what}`, async () => assert.equal(await startTraces(env, '1', log), NO_TRACES));

  it('says so when the exporter is none that it has, and when the protocol is another', async () => {
    assert.ok(lines.some(({ msg }) => String(msg).startsWith('OTEL_TRACES_EXPORTER must be')));
    const traces = await tracesTo({ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    assert.equal(traces.isOn, true);
    assert.ok(lines.some(({ protocol }) => protocol === 'grpc'));
    await traces.stop();
  });

  it('that is off does the work and nothing else', async () => {
    const work = async (note: (more: { a: number }) => void) => {
      note({ a: 1 });
      return 7;
    };
    assert.equal(await NO_TRACES.span('x', {}, work), 7);
    assert.equal(NO_TRACES.here(), undefined);
    assert.equal(NO_TRACES.isOn, false);
  });
});

describe('which traces a card goes on from', () => {
  const place = (n: number) => ({ traceId: String(n), spanId: String(n), traceFlags: 1 });

  it('those of its events that are not shown yet, oldest first', () => {
    const traces = new EventTraces();
    for (const n of [1, 2, 3]) traces.stored(n, place(n));
    traces.placed(1, 'g');
    traces.placed(2, 'g');
    const first = traces.of('g');
    assert.deepEqual(first, [place(1), place(2)]);
    traces.placed(3, 'g');
    traces.shown('g', first);
    assert.deepEqual(traces.of('g'), [place(3)]);
    traces.placed(4, 'g');
    traces.placed(3, 'g');
    assert.deepEqual(traces.of('g'), [place(3)]);
  });

  it('no more than are kept in mind, of events, of groups and of one card', () => {
    const traces = new EventTraces();
    for (let n = 0; n < 1_001; n += 1) traces.stored(n, place(n));
    for (let n = 0; n < 1_001; n += 1) traces.placed(n, n < 500 ? 'storm' : `g${n}`);
    assert.equal(traces.of('storm').length, 32);
    assert.deepEqual(traces.of('storm')[0], place(1));
    assert.deepEqual(traces.of('g1000'), [place(1_000)]);
    for (let n = 0; n < 1_001; n += 1) {
      traces.stored(n, place(n));
      traces.placed(n, `h${n}`);
    }
    assert.deepEqual([traces.of('g1000'), traces.of('h0'), traces.of('h1')], [[], [], [place(1)]]);
  });

  it('none of an event that gets no card', () => {
    const traces = new EventTraces();
    traces.stored(1, place(1));
    traces.placed(1, null);
    traces.placed(1, 'g');
    assert.deepEqual(traces.of('g'), []);
  });
});
