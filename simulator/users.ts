/** The login classes that every Junos has. */
export type LoginClass = 'super-user' | 'operator' | 'read-only';

/** Junos' permission bits, as far as an RPC here needs one. */
export type Permission = 'view' | 'view-configuration' | 'reset' | 'maintenance';

export interface User {
  name: string;
  /** Null: only a key will do. */
  password: string | null;
  class: LoginClass;
  /** OpenSSH public key lines: `ssh-ed25519 AAAA... comment`. */
  authorizedKeys: readonly string[];
}

/** `operator` has clear, network, reset, trace, view; `read-only` has view. */
const GRANTED: Readonly<Record<LoginClass, readonly Permission[]>> = {
  'super-user': ['view', 'view-configuration', 'reset', 'maintenance'],
  operator: ['view', 'reset'],
  'read-only': ['view'],
};

export function may(user: User, permission: Permission): boolean {
  return GRANTED[user.class].includes(permission);
}

/** Root has a shell and no CLI until it asks for one. */
export function homeOf(user: User): string {
  return user.name === 'root' ? '/root' : `/var/home/${user.name}`;
}
