import { listType, stringType } from "../values/type.ts";
import { listValue, stringValue, type Value } from "../values/value.ts";
import { argumentAt, type Functions, numberParam, stringFunction, stringParam, wholeNumber } from "./define.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";
import { addressBits, formatAddress, formatNetwork, type IpNetwork, parseCidr } from "./ip-network.ts";

/** The most bits that one call may add, as in Packer. */
const MOST_NEW_BITS = 32;

function expectNetwork(text: string): IpNetwork {
  const network = parseCidr(text);
  if (network) return network;
  throw new ArgumentError(0, `"${text}" is not a network in CIDR notation, such as "10.0.0.0/16"`);
}

function networkAt(args: readonly Value[]): IpNetwork {
  return expectNetwork(argumentAt(args, 0).asString());
}

/** `cidrhost(prefix, hostnum)`: a negative number counts from the end. */
const cidrhost: HclFunction = {
  params: [stringParam("prefix"), numberParam("hostnum")],
  returnType: stringType,
  evaluate: (args) => {
    const number = BigInt(wholeNumber(args, 1));
    const network = networkAt(args);
    const count = 1n << BigInt(addressBits(network) - network.prefixLength);
    if (number >= count || number < -count) {
      throw new FunctionError(`a prefix of ${network.prefixLength} bits has no room for a host number ${number}`);
    }
    return stringValue(formatAddress(network.first + (number < 0n ? count + number : number), network.version));
  },
};

/** `cidrnetmask(prefix)` */
function netmask(text: string): string {
  const { prefixLength, version } = expectNetwork(text);
  // Of an IPv4 address inside IPv6 it is the mask of the IPv6 address.
  const isIpv6 = text.includes(":");
  const bits = isIpv6 ? 128 : 32;
  const ones = prefixLength + (isIpv6 && version === 4 ? 96 : 0);
  return formatAddress(((1n << BigInt(ones)) - 1n) << BigInt(bits - ones), isIpv6 ? 6 : 4);
}

/** `cidrsubnet(prefix, newbits, netnum)` */
const cidrsubnet: HclFunction = {
  params: [stringParam("prefix"), numberParam("newbits"), numberParam("netnum")],
  returnType: stringType,
  evaluate: (args) => {
    const newBits = wholeNumber(args, 1);
    const number = BigInt(wholeNumber(args, 2));
    const network = networkAt(args);
    if (newBits > MOST_NEW_BITS) throw new ArgumentError(1, `more than ${MOST_NEW_BITS} bits cannot be added at once`);
    if (number < 0n) throw new ArgumentError(2, "the number of the subnet must not be negative");
    const prefixLength = network.prefixLength + newBits;
    if (prefixLength < 0 || prefixLength > addressBits(network)) {
      throw new FunctionError(`a prefix of ${network.prefixLength} bits cannot be extended by ${newBits}`);
    }
    if (newBits >= 0 && number >= 1n << BigInt(newBits)) {
      throw new FunctionError(`${newBits} more bits have no room for a subnet number ${number}`);
    }
    const first = network.first | (number << BigInt(addressBits(network) - prefixLength));
    if (first >> BigInt(addressBits(network)) !== 0n)
      throw new FunctionError(`there is no subnet number ${number} of ${prefixLength} bits`);
    return stringValue(formatNetwork({ ...network, first, prefixLength }));
  },
};

/** `cidrsubnets(prefix, newbits...)`: one network behind the other, each as soon as its size allows. */
const cidrsubnets: HclFunction = {
  params: [stringParam("prefix")],
  variadic: numberParam("newbits"),
  returnType: listType(stringType),
  evaluate: (args) => {
    const network = networkAt(args);
    const end = network.first + (1n << BigInt(addressBits(network) - network.prefixLength));
    let cursor = network.first;
    const subnets = args.slice(1).map((_, index) => {
      const prefixLength = network.prefixLength + newBitsAt(args, index + 1, network);
      const size = 1n << BigInt(addressBits(network) - prefixLength);
      const first = ((cursor + size - 1n) / size) * size;
      if (first >= end)
        throw new ArgumentError(index + 1, `there is no room left for a prefix of ${prefixLength} bits`);
      cursor = first + size;
      return stringValue(formatNetwork({ ...network, first, prefixLength }));
    });
    return listValue(subnets, stringType);
  },
};

function newBitsAt(args: readonly Value[], index: number, network: IpNetwork): number {
  const newBits = wholeNumber(args, index);
  if (newBits < 1) throw new ArgumentError(index, "the prefix must be extended by at least one bit");
  if (newBits > MOST_NEW_BITS)
    throw new ArgumentError(index, `more than ${MOST_NEW_BITS} bits cannot be added at once`);
  const prefixLength = network.prefixLength + newBits;
  if (prefixLength <= addressBits(network)) return newBits;
  throw new ArgumentError(index, `a prefix of ${prefixLength} bits is too long for an IPv${network.version} address`);
}

export const cidrFunctions: Functions = {
  cidrhost,
  cidrnetmask: stringFunction(["prefix"], (text = "") => netmask(text)),
  cidrsubnet,
  cidrsubnets,
};
