"""Whole lives of volumes, snapshots and images with the unmodified osc-sdk-python, and pages of them.

Configured by OSC_ACCESS_KEY, OSC_SECRET_KEY, OSC_REGION and OSC_ENDPOINT_API; prints what it has seen as JSON.
"""
import json
import time

from osc_sdk_python import Gateway

gateway = Gateway()
[vm] = gateway.ReadVms()["Vms"]
subregion = vm["Placement"]["SubregionName"]


def until(state, read):
    """Polls as a client does; a state that never comes is the test's time-out."""
    while True:
        found = read()
        now = found[0]["State"] if found else "gone"
        if now == state:
            return found[0] if found else None
        time.sleep(0.02)


def volume(volume_id):
    return lambda: gateway.ReadVolumes(Filters={"VolumeIds": [volume_id]})["Volumes"]


def snapshot(snapshot_id):
    return lambda: gateway.ReadSnapshots(Filters={"SnapshotIds": [snapshot_id]})["Snapshots"]


def image(image_id):
    return lambda: gateway.ReadImages(Filters={"ImageIds": [image_id]})["Images"]


def life_of_a_volume():
    volume_id = gateway.CreateVolume(SubregionName=subregion, Size=1, VolumeType="gp2")["Volume"]["VolumeId"]
    until("available", volume(volume_id))
    gateway.LinkVolume(VolumeId=volume_id, VmId=vm["VmId"], DeviceName="/dev/xvdf")
    linked = until("in-use", volume(volume_id))["LinkedVolumes"]
    gateway.UnlinkVolume(VolumeId=volume_id)
    until("available", volume(volume_id))
    task = gateway.UpdateVolume(VolumeId=volume_id, Size=2)["Volume"]["TaskId"]
    while True:
        [update] = gateway.ReadVolumeUpdateTasks(Filters={"TaskIds": [task]})["VolumeUpdateTasks"]
        if update["State"] == "completed":
            break
        time.sleep(0.02)
    gateway.CreateTags(ResourceIds=[volume_id], Tags=[{"Key": "life", "Value": "whole"}])
    return volume_id, {"links": len(linked), "size": update["VolumeUpdate"]["Target"]["Size"]}


def life_of_a_snapshot(volume_id):
    snapshot_id = gateway.CreateSnapshot(VolumeId=volume_id, Description="whole life")["Snapshot"]["SnapshotId"]
    done = until("completed", snapshot(snapshot_id))
    gateway.UpdateSnapshot(
        SnapshotId=snapshot_id, PermissionsToCreateVolume={"Additions": {"AccountIds": ["123456789012"]}}
    )
    return snapshot_id, {"progress": done["Progress"]}


def life_of_an_image(snapshot_id):
    mappings = [{"DeviceName": "/dev/sda1", "Bsu": {"SnapshotId": snapshot_id}}]
    created = gateway.CreateImage(ImageName="whole life", RootDeviceName="/dev/sda1", BlockDeviceMappings=mappings)
    image_id = created["Image"]["ImageId"]
    until("available", image(image_id))
    changed = gateway.UpdateImage(ImageId=image_id, Description="changed", PermissionsToLaunch={"Additions": {"GlobalPermission": True}})
    gateway.DeleteImage(ImageId=image_id)
    until("gone", image(image_id))
    return {"description": changed["Image"]["Description"], "public": changed["Image"]["PermissionsToLaunch"]["GlobalPermission"]}


def pages():
    made = [gateway.CreateVolume(SubregionName=subregion, Size=1)["Volume"]["VolumeId"] for _ in range(7)]
    for volume_id in made:
        until("available", volume(volume_id))
    sizes, seen, token = [], [], {}
    while True:
        answer = gateway.ReadVolumes(Filters={"VolumeIds": made}, ResultsPerPage=3, **token)
        sizes.append(len(answer["Volumes"]))
        seen += [found["VolumeId"] for found in answer["Volumes"]]
        if "NextPageToken" not in answer:
            break
        token = {"NextPageToken": answer["NextPageToken"]}
    for volume_id in made:
        gateway.DeleteVolume(VolumeId=volume_id)
        until("gone", volume(volume_id))
    return {"sizes": sizes, "complete": sorted(seen) == sorted(made)}


volume_id, of_volume = life_of_a_volume()
snapshot_id, of_snapshot = life_of_a_snapshot(volume_id)
of_image = life_of_an_image(snapshot_id)
gateway.DeleteSnapshot(SnapshotId=snapshot_id)
until("gone", snapshot(snapshot_id))
gateway.DeleteVolume(VolumeId=volume_id)
until("gone", volume(volume_id))
print(json.dumps({"volume": of_volume, "snapshot": of_snapshot, "image": of_image, "pages": pages()}))
