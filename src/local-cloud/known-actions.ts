import type { ActionName } from "../outscale/oapi.ts";
import { handlers } from "./actions/handlers.ts";

/** Every action of the OUTSCALE API. @see github.com/outscale/osc-api, version 1.42.0 */
const API_ACTIONS = `
AcceptNetPeering AddUserToUserGroup CheckAuthentication CreateAccessKey CreateAccount CreateApiAccessRule
CreateCa CreateClientGateway CreateDedicatedGroup CreateDhcpOptions CreateDirectLink CreateDirectLinkInterface
CreateFlexibleGpu CreateImage CreateImageExportTask CreateInternetService CreateKeypair CreateListenerRule
CreateLoadBalancer CreateLoadBalancerListeners CreateLoadBalancerPolicy CreateLoadBalancerTags CreateNatService
CreateNet CreateNetAccessPoint CreateNetPeering CreateNic CreatePolicy CreatePolicyVersion CreateProductType
CreatePublicIp CreateRoute CreateRouteTable CreateSecurityGroup CreateSecurityGroupRule CreateServerCertificate
CreateSnapshot CreateSnapshotExportTask CreateSubnet CreateTags CreateUser CreateUserGroup CreateVirtualGateway
CreateVmGroup CreateVmTemplate CreateVms CreateVolume CreateVpnConnection CreateVpnConnectionRoute
DeleteAccessKey DeleteApiAccessRule DeleteCa DeleteClientGateway DeleteDedicatedGroup DeleteDhcpOptions
DeleteDirectLink DeleteDirectLinkInterface DeleteExportTask DeleteFlexibleGpu DeleteImage DeleteInternetService
DeleteKeypair DeleteListenerRule DeleteLoadBalancer DeleteLoadBalancerListeners DeleteLoadBalancerPolicy
DeleteLoadBalancerTags DeleteNatService DeleteNet DeleteNetAccessPoint DeleteNetPeering DeleteNic DeletePolicy
DeletePolicyVersion DeleteProductType DeletePublicIp DeleteRoute DeleteRouteTable DeleteSecurityGroup
DeleteSecurityGroupRule DeleteServerCertificate DeleteSnapshot DeleteSubnet DeleteTags DeleteUser
DeleteUserGroup DeleteUserGroupPolicy DeleteUserPolicy DeleteVirtualGateway DeleteVmGroup DeleteVmTemplate
DeleteVms DeleteVolume DeleteVpnConnection DeleteVpnConnectionRoute DeregisterVmsInLoadBalancer
DisableOutscaleLogin DisableOutscaleLoginForUsers DisableOutscaleLoginPerUsers EnableOutscaleLogin
EnableOutscaleLoginForUsers EnableOutscaleLoginPerUsers LinkFlexibleGpu LinkInternetService
LinkLoadBalancerBackendMachines LinkManagedPolicyToUserGroup LinkNic LinkPolicy LinkPrivateIps LinkPublicIp
LinkRouteTable LinkVirtualGateway LinkVolume PutUserGroupPolicy PutUserPolicy ReadAccessKeys ReadAccounts
ReadAdminPassword ReadApiAccessPolicy ReadApiAccessRules ReadApiLogs ReadCO2EmissionAccount ReadCas ReadCatalog
ReadCatalogs ReadClientGateways ReadConsoleOutput ReadConsumptionAccount ReadDedicatedGroups ReadDhcpOptions
ReadDirectLinkInterfaces ReadDirectLinks ReadEntitiesLinkedToPolicy ReadFlexibleGpuCatalog ReadFlexibleGpus
ReadImageExportTasks ReadImages ReadInternetServices ReadKeypairs ReadLinkedPolicies ReadListenerRules
ReadLoadBalancerTags ReadLoadBalancers ReadLocations ReadManagedPoliciesLinkedToUserGroup ReadNatServices
ReadNetAccessPointServices ReadNetAccessPoints ReadNetPeerings ReadNets ReadNics ReadPolicies ReadPolicy
ReadPolicyVersion ReadPolicyVersions ReadProductTypes ReadPublicCatalog ReadPublicIpRanges ReadPublicIps
ReadQuotas ReadRegions ReadRouteTables ReadSecurityGroups ReadServerCertificates ReadSnapshotExportTasks
ReadSnapshots ReadSubnets ReadSubregions ReadTags ReadUnitPrice ReadUserGroup ReadUserGroupPolicies
ReadUserGroupPolicy ReadUserGroups ReadUserGroupsPerUser ReadUserPolicies ReadUserPolicy ReadUsers
ReadVirtualGateways ReadVmGroups ReadVmTemplates ReadVmTypes ReadVms ReadVmsHealth ReadVmsState
ReadVmsStopHistory ReadVolumeUpdateTasks ReadVolumes ReadVpnConnections RebootVms RegisterVmsInLoadBalancer
RejectNetPeering RemoveUserFromUserGroup ScaleDownVmGroup ScaleUpVmGroup SetDefaultPolicyVersion StartVms
StopVms UnlinkFlexibleGpu UnlinkInternetService UnlinkLoadBalancerBackendMachines
UnlinkManagedPolicyFromUserGroup UnlinkNic UnlinkPolicy UnlinkPrivateIps UnlinkPublicIp UnlinkRouteTable
UnlinkVirtualGateway UnlinkVolume UpdateAccessKey UpdateAccount UpdateApiAccessPolicy UpdateApiAccessRule
UpdateCa UpdateDedicatedGroup UpdateDirectLinkInterface UpdateFlexibleGpu UpdateImage UpdateListenerRule
UpdateLoadBalancer UpdateNet UpdateNetAccessPoint UpdateNic UpdateRoute UpdateRoutePropagation
UpdateRouteTableLink UpdateServerCertificate UpdateSnapshot UpdateSubnet UpdateUser UpdateUserGroup UpdateVm
UpdateVmGroup UpdateVmTemplate UpdateVolume UpdateVpnConnection
`
  .trim()
  .split(/\s+/);

/** Actions that are known, and answered with why they do nothing: there are no buckets here. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set<ActionName>([
  "CreateImageExportTask",
  "CreateSnapshotExportTask",
  "ReadImageExportTasks",
  "ReadSnapshotExportTasks",
]);

/** An action of the API, and whether the local cloud carries it out. */
export interface KnownAction {
  readonly action: string;
  readonly emulated: boolean;
}

export const knownActions: readonly KnownAction[] = API_ACTIONS.map((action) => ({
  action,
  emulated: Object.hasOwn(handlers, action) && !WITHOUT_EFFECT.has(action),
}));

const names: ReadonlySet<string> = new Set(API_ACTIONS);

/** Whether OUTSCALE's API has an action, emulated or not. */
export function isKnownAction(name: string): boolean {
  return names.has(name);
}
