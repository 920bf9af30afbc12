// Where the hosts files lie.
export const namesDir = (stateDir: string): string => `${stateDir}/names`;
export const networkDir = (stateDir: string, network: string): string => `${namesDir(stateDir)}/${network}`;
export const hostsPath = (stateDir: string, network: string): string => `${networkDir(stateDir, network)}/hosts`;
export const setsDir = (stateDir: string, network: string): string => `${networkDir(stateDir, network)}/sets`;
