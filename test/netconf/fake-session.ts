import type { NetconfError } from '../../src/netconf/errors.ts';
import type { RpcSession } from '../../src/netconf/operation.ts';
import { parseReply } from '../../src/netconf/reply.ts';

/** A reply's content, or what `rpc` throws instead; a list answers one request after the other. */
export type Answer = string | NetconfError | (string | NetconfError)[];

export interface FakeSession extends RpcSession {
  /** Every request, in order. */
  sent: string[];
  timeouts: (number | undefined)[];
}

/** A session that answers by the operation's name and records; what it does not know is a syntax error, as on Junos. */
export function fakeSession(answers: Record<string, Answer>): FakeSession {
  const sent: string[] = [];
  const timeouts: (number | undefined)[] = [];
  const left = new Map(Object.entries(answers).map(([rpc, answer]) => [rpc, [answer].flat()]));
  return {
    target: { name: 'hq-fw01' },
    sent,
    timeouts,
    rpc: async (xml, options = {}) => {
      sent.push(xml);
      timeouts.push(options.timeoutMs);
      const name = /<([\w-]+)/.exec(xml)?.[1] ?? '';
      const queue = left.get(name) ?? [];
      const answer = queue.length > 1 ? queue.shift() : queue[0];
      if (answer instanceof Error) throw answer;
      return parseReply(`<rpc-reply xmlns:junos="j">${answer ?? rpcError('syntax error', name)}</rpc-reply>`);
    },
  };
}

export function rpcError(message: string, badElement = '', severity: 'error' | 'warning' = 'error'): string {
  const info = badElement === '' ? '' : `<error-info><bad-element>${badElement}</bad-element></error-info>`;
  return `<rpc-error><error-severity>${severity}</error-severity>${info}<error-message>\n${message}\n</error-message></rpc-error>`;
}

export const output = (text: string) => `<output>\n${text}\n</output>`;

/** Several engines' answers, by name. */
export function engines(items: Record<string, string>): string {
  const each = Object.entries(items).map(
    ([name, content]) =>
      `<multi-routing-engine-item>\n\n<re-name>${name}</re-name>\n\n${content}</multi-routing-engine-item>`,
  );
  return `<multi-routing-engine-results>\n${each.join('\n')}\n</multi-routing-engine-results>`;
}

/** `2026-11-23 10:00:00 UTC` with its epoch seconds, which a caller gives for other zones. */
export function uptime(written: string, seconds: number, upSeconds = 3_600): string {
  return `<system-uptime-information xmlns="http://xml.juniper.net/junos/22.4R0/junos">
<current-time><date-time junos:seconds="${seconds}">\n${written}\n</date-time></current-time>
<system-booted-time><date-time junos:seconds="${seconds - upSeconds}">x</date-time>
<time-length junos:seconds="${upSeconds}">x</time-length></system-booted-time></system-uptime-information>`;
}

export function software(hostname: string, model = 'mx480', version = '23.4R2.13'): string {
  return `<software-information><host-name>${hostname}</host-name><product-model>${model}</product-model><junos-version>${version}</junos-version></software-information>`;
}
