import { inspect } from 'node:util';

const SECRET = /^(?:password|masterPassword|secret|webhook_secret|device_secrets|clientSecret|privateKey|command)$/;

/**
 * The same object, whose secrets do not show when somebody prints it or writes it as JSON: in a log line, an error or a
 * debugger's report. Who uses a secret reads it as before.
 */
export function masked<T extends object>(config: T): T {
  const shown = () =>
    JSON.parse(
      JSON.stringify({ ...config }, (key, value) => (SECRET.test(key) && value !== undefined ? '[secret]' : value)),
    ) as object;
  return Object.defineProperties(config, {
    toJSON: { value: shown },
    [inspect.custom]: { value: () => shown() },
  });
}
