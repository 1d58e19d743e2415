/**
 * In local mode nothing is signed, so a request is believed only when nobody outside this machine can have
 * made it: a page in a browser can post to loopback, but not under a loopback Host with our content type, and
 * the bot must not be made to send its answers elsewhere.
 */
export function localActivityProblem(host: string | undefined, serviceUrl: string): string | null {
  if (!isLoopback(`http://${host ?? ''}`)) return 'Local mode takes requests for 127.0.0.1 or localhost only.';
  if (!isLoopback(serviceUrl)) return 'Local mode answers to service URLs on loopback only.';
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
