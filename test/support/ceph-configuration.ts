export type CephPlace = Readonly<{ folder: string; fsid: string; monitorPort: number; gatewayPort: number }>;

/** One monitor, one store in memory, one gateway; loopback, no authentication inside the cluster, small and quick. */
export function cephConfiguration({ folder, fsid, monitorPort, gatewayPort }: CephPlace): string {
  return `[global]
fsid = ${fsid}
mon_host = [v2:127.0.0.1:${monitorPort}]
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
# Without these four the gateway waits for an encrypted connection for ever.
ms_mon_client_mode = crc
ms_cluster_mode = crc
ms_service_mode = crc
ms_client_mode = crc
ms_bind_ipv6 = false
# Seconds of waiting for more members of the quorum; there are none.
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 2000
# A nearly full disk of the machine is no reason to stop: nothing is kept on it.
mon_data_avail_crit = 1
mon_data_avail_warn = 2
run_dir = ${folder}/run
admin_socket = ${folder}/run/$name.$pid.asok
log_file = ${folder}/log/$name.log
pid_file =
crash_dir = ${folder}/log
osd_enable_op_tracker = false
${['ms', 'osd', 'rgw', 'auth', 'mon', 'paxos', 'monc', 'objecter', 'rocksdb', 'rados', 'throttle', 'crush', 'tp']
  .map((part) => `debug_${part} = 0/0`)
  .join('\n')}
[mon]
mon_data = ${folder}/mon
[osd]
osd_data = ${folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_class_load_list = *
osd_class_default_list = *
osd_op_num_shards = 2
osd_op_num_threads_per_shard = 2
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw_dns_name = localhost
rgw_data = ${folder}/rgw
rgw_thread_pool_size = 128
rgw_enable_usage_log = false
rgw_enable_ops_log = false
rgw_enable_static_website = true
rgw_enable_apis = s3, s3website, admin, sts, iam, notifications
rgw_s3_auth_use_sts = true
rgw_sts_key = abcdefghijklmnop
rgw_crypt_require_ssl = false
rgw_verify_ssl = false
rgw_multipart_min_part_size = 5242880
rgw_max_put_size = 5368709120
rgw_dynamic_resharding = false
`;
}
