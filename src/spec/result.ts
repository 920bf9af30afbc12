// The result of an ADD in the form of the newest version we speak; inside the house there is no other.
// CNI SPEC.md 1.1.0, section 5 "Result Types".
export interface ResultInterface {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** Path of the netns that it is in; absent for an interface of the host. */
  readonly sandbox?: string;
  readonly socketPath?: string;
  readonly pciID?: string;
}

export interface ResultIp {
  /** CIDR form. */
  readonly address: string;
  readonly gateway?: string;
  /** Index into `interfaces`. */
  readonly interface?: number;
}

export interface Route {
  /** CIDR form, host bits as they were given. */
  readonly dst: string;
  readonly gw?: string;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

export interface Dns {
  readonly nameservers?: readonly string[];
  readonly domain?: string;
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

export interface Result {
  readonly interfaces: readonly ResultInterface[];
  readonly ips: readonly ResultIp[];
  readonly routes: readonly Route[];
  readonly dns: Dns;
}

/** What an IPAM plugin answers: a result without interfaces. */
export type IpamResult = Omit<Result, 'interfaces'>;

export const isEmptyDns = (dns: Dns): boolean =>
  !dns.domain && ![dns.nameservers, dns.search, dns.options].some(list => list && list.length > 0);
