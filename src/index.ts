// The library's public face.
export {Cni, type CniOptions, type RuntimeConf} from './library/cni.ts';
export type {ValidAttachment} from './library/gc.ts';
export {
  loadNetworkList,
  loadNetworkLists,
  type NetworkList,
  parseNetworkListText,
  parseNetworkText,
} from './library/network-list.ts';
export type {Cached} from './runtime/libcni/result-cache.ts';
export {parseResult, resultToJson} from './spec/convert.ts';
export {CniError, type ErrorKind, errorCodes, isKind} from './spec/error.ts';
export type {Network, PluginConfig} from './spec/network.ts';
export type {Dns, Result, ResultInterface, ResultIp, Route} from './spec/result.ts';
export {type Version, versions} from './spec/version.ts';
