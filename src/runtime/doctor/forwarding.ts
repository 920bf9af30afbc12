// Forwarding that is on for the host and off for an interface that a network needs. That it is off for all of the host is
// no fault before the first container, and afterwards one that living.ts finds.
import {readOrNothing} from '../../kernel/netns.ts';
import {fault, type Part} from './finding.ts';

const families = [
  {family: 4, all: 'net/ipv4/ip_forward', of: (link: string) => `net/ipv4/conf/${link}/forwarding`},
  {family: 6, all: 'net/ipv6/conf/all/forwarding', of: (link: string) => `net/ipv6/conf/${link}/forwarding`},
] as const;

export const forwarding: Part = {
  area: 'forwarding',
  inOrder: 'nothing that a network needs is kept from forwarding',
  examine: function* ({gateways, host}) {
    const uplinks = host.links.filter(({index}) => host.defaultRoutes.some(({link}) => link === index));
    for (const {family, all, of} of families) {
      const networks = gateways.filter(({ranges}) => ranges.some(({subnet}) => subnet.address.family === family));
      if (networks.length === 0 || read(all) !== '1') continue;
      const needed = new Set([...networks.flatMap(({links}) => links), ...uplinks.map(({name}) => name)]);
      for (const link of needed) {
        if (read(of(link)) !== '0') continue;
        yield fault(
          'error',
          `IPv${family} packets that come by "${link}" are not forwarded, though the host forwards`,
          `sysctl -w ${of(link)}=1`,
        );
      }
    }
  },
};

const read = (key: string): string | undefined => readOrNothing(`/proc/sys/${key}`);
