"""NetBox: devices, virtual machines, addresses and racks, from a Django fixture export."""
