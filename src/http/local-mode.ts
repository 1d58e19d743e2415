/** Headers that a proxy adds: who sent the request is not on this machine then. */
export const PROXY_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

/**
 * In local mode nothing is signed, so a request is believed only when nobody outside this machine can have made it.
 * A page in a browser can post to loopback, but not under a loopback Host with our content type; a proxy shows itself
 * by its headers; and answers go to loopback only, never back with the request (`deliveryMode`), because whoever
 * reads a confirmation's id can confirm it.
 */
export function localActivityProblem(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  { serviceUrl, deliveryMode }: { serviceUrl: string; deliveryMode?: string | undefined },
): string | null {
  if (!isLoopback(`http://${headers.host ?? ''}`)) return 'Local mode takes requests for 127.0.0.1 or localhost only.';
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return 'Local mode takes no requests through a proxy.';
  if (!isLoopback(serviceUrl)) return 'Local mode answers to service URLs on loopback only.';
  if (deliveryMode !== undefined && deliveryMode !== 'normal') return 'Local mode answers to the service URL only.';
  return null;
}

function isLoopback(url: string): boolean {
  try {
    const { hostname } = new URL(url);
    return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  } catch {
    return false;
  }
}
