/** Which RPCs a fault hits: none, all, or the one of that name. */
export type Fault = false | true | string;

/** From the last byte of a transfer that is cut to the cut: what was sent arrives. */
export const CUT_AFTER_MS = 50;

/** What a device can be made to do wrong. All of it can be changed while it runs. */
export class Faults {
  /** Carried out, but never answered: the connection is cut. */
  cutBeforeReply: Fault = false;
  /** Carried out, and the connection is cut in the middle of the reply. */
  cutMidReply: Fault = false;
  /** Neither carried out nor answered; the connection stays. */
  hang: Fault = false;
  /** Carried out; the reply lacks `</rpc-reply>`, and the end-of-message mark follows all the same. */
  noClosingTag: Fault = false;
  /** Carried out; the reply is not well-formed, as a halt with a message makes some releases answer. */
  malformed: Fault = false;
  /** Answered with this rpc-error message instead. */
  rpcErrorOn: Record<string, string> = {};
  /** Carried out; an rpc-error of severity warning with this message comes before the answer. */
  warningOn: Record<string, string> = {};
  /** Answered with an `<output>` of that many bytes instead. */
  hugeReply: Record<string, number> = {};
  /** Bytes of the text in get-support-information; 0 is its natural length, some 50 kB. */
  supportBytes = 0;
  /** `request support information | save` in a terminal takes this long, and its file grows meanwhile. */
  supportMs = 0;
  /** It ends without a word when this part of it is written. */
  supportEndsAt: number | null = null;
  /** `file archive` takes this long; meanwhile there is a part of the archive. */
  archiveMs = 0;
  /** `file archive` answers as if there were an archive, and makes none. */
  archiveVanishes = false;
  /** A login from one engine to another asks for a password. */
  engineLoginAsks = false;
  /** Each reply takes this much longer. */
  latencyMs = 0;
  /** Replies leave this many bytes at a time, each in an SSH packet of its own; 0 is all at once. */
  dripBytes = 0;
  /** The netconf subsystem is refused, xml-mode is not. */
  refuseSubsystem = false;
  /** Neither xml-mode nor any other command is run. */
  refuseExec = false;
  /** `set system services ssh sftp-server`, which is off by default from 19.1R1 on. */
  sftp = true;
  /** `scp -f`, which newer OpenSSH servers can be built without. */
  scp = true;
  /** `start shell` is refused to everyone. */
  refuseShell = false;
  /** No interactive login at all. */
  refuseTerminal = false;
  /** Files that stay when they are deleted. */
  readonly undeletable = new Set<string>();
  /** Files that nobody may read. */
  readonly unreadable = new Set<string>();
  /** SFTP and SCP transfers are cut, `times` in all, when that part of the file has been sent. */
  cutTransfer: { at: number; times: number } | null = null;
  /** SFTP reads are not answered. */
  silentTransfer = false;
  /** What `get-sha256-checksum-information` says is not true. */
  wrongChecksum = false;
  /** Login ways on offer; real devices offer both. Public keys are on offer when the user has any. */
  authMethods: ('password' | 'keyboard-interactive' | 'publickey')[] = ['password', 'keyboard-interactive'];

  /** Before which byte a transfer of that many is cut; undefined when it is not. */
  transferEnd(bytes: number): number | undefined {
    const cut = this.cutTransfer;
    if (!cut || cut.times === 0) return undefined;
    return Math.floor(bytes * cut.at);
  }

  /** A transfer has been cut. */
  countTransferCut(): void {
    if (this.cutTransfer) this.cutTransfer.times--;
  }

  /** Whether a fault is for this RPC. */
  hits(fault: Fault, rpc: string): boolean {
    return fault === true || fault === rpc;
  }
}
