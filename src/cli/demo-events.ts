import type { TestEvent } from './send-event.ts';

const busiest = [
  { pid: '1482', user: 'root', cpu: 71.3, command: 'flowd_octeon' },
  { pid: '2011', user: 'root', cpu: 14.9, command: 'idpd' },
  { pid: '1733', user: 'root', cpu: 6.2, command: 'rpd' },
  { pid: '1690', user: 'root', cpu: 3.1, command: 'mgd' },
];

/** What a network says on an ordinary bad day: each priority once, and one that is stored only. */
export const demoEvents: Omit<TestEvent, 'url'>[] = [
  {
    event: 'SNMP_TRAP_LINK_DOWN',
    process: 'mib2d',
    message: 'SNMP_TRAP_LINK_DOWN: ifIndex 526, ifAdminStatus up(1), ifOperStatus down(2), ifName ge-0/0/3',
    hostname: 'branch-fw01',
    detail: '',
  },
  {
    event: 'RTPERF_CPU_THRESHOLD_EXCEEDED',
    process: 'rtperf',
    message: 'RTPERF_CPU_THRESHOLD_EXCEEDED: FPC 0 PIC 0 CPU utilization exceeds threshold, current value=96',
    hostname: 'hq-fw01',
    detail: JSON.stringify(busiest),
  },
  {
    event: 'UI_LOGIN_EVENT',
    process: 'mgd',
    message: "UI_LOGIN_EVENT: User 'netops' login, class 'j-super-user'",
    hostname: 'hq-rtr01',
    detail: '',
  },
  {
    event: 'SYSTEM_ABNORMAL_SHUTDOWN',
    process: 'eventd',
    message: 'SYSTEM_ABNORMAL_SHUTDOWN: System abnormally shut down',
    hostname: 'hq-rtr01',
    detail: '',
  },
];
