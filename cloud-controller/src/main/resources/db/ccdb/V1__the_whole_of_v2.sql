-- The CCDB. Rows refer to each other by guid: that is what the API, the bus and the blobstore speak, so
-- nothing is translated on the way. "id" orders by creation and pages the bulk API. Names that ignore case
-- have a unique index on lower(name). What is secret is kept as <name>_encrypted (AES-GCM) beside
-- <name>_key, the label of the key it was encrypted with.

-- Quotas ---------------------------------------------------------------------------------------------

create table quota_definitions (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    non_basic_services_allowed boolean not null,
    total_services integer not null,
    total_service_keys integer not null default -1,
    total_routes integer not null,
    total_reserved_route_ports integer not null default 0,
    total_private_domains integer not null default -1,
    memory_limit integer not null,
    instance_memory_limit integer not null default -1,
    app_instance_limit integer not null default -1,
    app_task_limit integer not null default -1
);
create unique index quota_definitions_name on quota_definitions (lower(name));

-- Organizations, spaces, users -----------------------------------------------------------------------

create table organizations (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    billing_enabled boolean not null default false,
    status text not null default 'active',
    quota_definition_guid text not null references quota_definitions (guid)
);
create unique index organizations_name on organizations (lower(name));
create index organizations_quota on organizations (quota_definition_guid);

create table space_quota_definitions (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    organization_guid text not null references organizations (guid) on delete cascade,
    non_basic_services_allowed boolean not null,
    total_services integer not null,
    total_service_keys integer not null default -1,
    total_routes integer not null,
    total_reserved_route_ports integer not null default -1,
    memory_limit integer not null,
    instance_memory_limit integer not null default -1,
    app_instance_limit integer not null default -1,
    app_task_limit integer not null default 5
);
create unique index space_quota_definitions_name on space_quota_definitions (organization_guid, lower(name));

create table spaces (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    organization_guid text not null references organizations (guid),
    space_quota_definition_guid text references space_quota_definitions (guid) on delete set null,
    allow_ssh boolean not null default true
);
create unique index spaces_name on spaces (organization_guid, lower(name));
create index spaces_quota on spaces (space_quota_definition_guid);

-- A user's guid is the UAA's id, or a client's id.
create table users (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    admin boolean not null default false,
    active boolean not null default false,
    is_client boolean not null default false,
    default_space_guid text references spaces (guid) on delete set null
);
create index users_default_space on users (default_space_guid);

create table organization_roles (
    organization_guid text not null references organizations (guid) on delete cascade,
    user_guid text not null references users (guid) on delete cascade,
    role text not null check (role in ('user', 'manager', 'billing_manager', 'auditor')),
    created_at timestamptz not null default now(),
    primary key (organization_guid, role, user_guid)
);
create index organization_roles_user on organization_roles (user_guid, role, organization_guid);

create table space_roles (
    space_guid text not null references spaces (guid) on delete cascade,
    user_guid text not null references users (guid) on delete cascade,
    role text not null check (role in ('developer', 'manager', 'auditor')),
    created_at timestamptz not null default now(),
    primary key (space_guid, role, user_guid)
);
create index space_roles_user on space_roles (user_guid, role, space_guid);

-- Stacks, buildpacks ---------------------------------------------------------------------------------

create table stacks (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    description text
);
create unique index stacks_name on stacks (name);

-- key: the blobstore's, <guid>_<sha1>; null until bits are uploaded.
create table buildpacks (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    stack text,
    position integer not null,
    enabled boolean not null default true,
    locked boolean not null default false,
    filename text,
    key text,
    sha256 text
);
create unique index buildpacks_name on buildpacks (name, stack) nulls not distinct;

-- Apps -----------------------------------------------------------------------------------------------

create table apps (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    space_guid text not null references spaces (guid),
    stack_guid text not null references stacks (guid),
    production boolean not null default false,
    memory integer not null,
    instances integer not null default 1,
    disk_quota integer not null,
    file_descriptors integer not null default 16384,
    state text not null default 'STOPPED' check (state in ('STARTED', 'STOPPED')),
    version text not null,
    command text,
    console boolean not null default false,
    debug text,
    health_check_type text not null default 'port',
    health_check_timeout integer,
    health_check_http_endpoint text,
    enable_ssh boolean not null default false,
    environment_json_encrypted bytea,
    environment_json_key text,
    -- a JSON array of names and addresses, in order; null: detect
    buildpacks_encrypted bytea,
    buildpacks_key text,
    package_hash text,
    package_updated_at timestamptz,
    package_state text not null default 'PENDING' check (package_state in ('PENDING', 'STAGED', 'FAILED')),
    -- since when it waits to be staged; null while nobody asked for that
    package_pending_since timestamptz,
    staging_task_id text,
    staging_failed_reason text,
    staging_failed_description text,
    droplet_hash text,
    detected_buildpack text,
    detected_buildpack_guid text,
    detected_buildpack_name text,
    detected_start_command text
);
create unique index apps_name on apps (space_guid, lower(name));
create index apps_stack on apps (stack_guid);
create index apps_waiting on apps (package_pending_since) where package_state = 'PENDING' and state = 'STARTED';

-- What was staged or uploaded; apps.droplet_hash names the current one.
create table droplets (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    app_guid text not null references apps (guid) on delete cascade,
    droplet_hash text not null,
    sha256 text not null,
    staging_task_id text
);
create index droplets_app on droplets (app_guid, droplet_hash);
create index droplets_task on droplets (staging_task_id);

create table env_groups (
    name text primary key check (name in ('running', 'staging')),
    environment_json_encrypted bytea not null,
    environment_json_key text not null,
    updated_at timestamptz not null default now()
);

create table feature_flags (
    name text primary key,
    enabled boolean not null,
    error_message text,
    updated_at timestamptz not null default now()
);

-- Files that every app may reuse, known by their SHA-1.
create table resource_pool (
    sha1 text primary key,
    size bigint not null,
    used_at timestamptz not null default now()
);

-- Domains, routes ------------------------------------------------------------------------------------

-- A domain without an owner is shared by all.
create table domains (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    wildcard boolean not null default true,
    owning_organization_guid text references organizations (guid) on delete cascade,
    router_group_guid text,
    internal boolean not null default false
);
create unique index domains_name on domains (lower(name));
create index domains_owner on domains (owning_organization_guid);

create table organizations_private_domains (
    organization_guid text not null references organizations (guid) on delete cascade,
    domain_guid text not null references domains (guid) on delete cascade,
    primary key (organization_guid, domain_guid)
);
create index organizations_private_domains_domain on organizations_private_domains (domain_guid);

create table routes (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    host text not null default '',
    domain_guid text not null references domains (guid) on delete cascade,
    space_guid text not null references spaces (guid),
    path text not null default '',
    port integer not null default 0
);
create unique index routes_address on routes (domain_guid, lower(host), lower(path), port);
create index routes_space on routes (space_guid);

create table route_mappings (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    app_guid text not null references apps (guid) on delete cascade,
    route_guid text not null references routes (guid) on delete cascade,
    app_port integer
);
create unique index route_mappings_pair on route_mappings (app_guid, route_guid, app_port) nulls not distinct;
create index route_mappings_route on route_mappings (route_guid);

-- Services -------------------------------------------------------------------------------------------

create table service_brokers (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    broker_url text not null,
    auth_username text,
    auth_password_encrypted bytea,
    auth_password_key text,
    space_guid text references spaces (guid) on delete cascade
);
create unique index service_brokers_name on service_brokers (name);
create index service_brokers_space on service_brokers (space_guid);

create table service_dashboard_clients (
    uaa_id text primary key,
    service_broker_guid text references service_brokers (guid) on delete set null
);

create table service_auth_tokens (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    label text not null,
    provider text not null,
    token_encrypted bytea not null,
    token_key text not null
);
create unique index service_auth_tokens_label on service_auth_tokens (lower(label), lower(provider));

-- url, version, acls, timeout: of the services that a v1 gateway registers.
create table services (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    label text not null,
    provider text,
    url text,
    version text,
    description text not null,
    long_description text,
    info_url text,
    documentation_url text,
    acls jsonb,
    timeout integer,
    active boolean not null default false,
    bindable boolean not null default true,
    unique_id text,
    extra text,
    tags text[] not null default '{}',
    requires text[] not null default '{}',
    plan_updateable boolean not null default false,
    bindings_retrievable boolean not null default false,
    instances_retrievable boolean not null default false,
    allow_context_updates boolean not null default false,
    purging boolean not null default false,
    service_broker_guid text references service_brokers (guid) on delete cascade
);
create unique index services_gateway_label on services (lower(label), lower(coalesce(provider, ''))) where service_broker_guid is null;
create unique index services_unique_id on services (service_broker_guid, unique_id);
create index services_label on services (lower(label));

create table service_plans (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    description text not null,
    free boolean not null,
    service_guid text not null references services (guid) on delete cascade,
    extra text,
    unique_id text not null,
    public boolean not null default true,
    active boolean not null default true,
    bindable boolean,
    plan_updateable boolean,
    maximum_polling_duration integer,
    maintenance_info jsonb,
    create_instance_schema jsonb,
    update_instance_schema jsonb,
    create_binding_schema jsonb
);
create unique index service_plans_name on service_plans (service_guid, lower(name));

create table service_plan_visibilities (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    service_plan_guid text not null references service_plans (guid) on delete cascade,
    organization_guid text not null references organizations (guid) on delete cascade
);
create unique index service_plan_visibilities_pair on service_plan_visibilities (organization_guid, service_plan_guid);
create index service_plan_visibilities_plan on service_plan_visibilities (service_plan_guid);

-- Without a plan: provided by a user.
create table service_instances (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    space_guid text not null references spaces (guid),
    service_plan_guid text references service_plans (guid),
    credentials_encrypted bytea,
    credentials_key text,
    gateway_name text,
    gateway_data jsonb,
    dashboard_url text,
    syslog_drain_url text,
    route_service_url text,
    tags text[] not null default '{}',
    maintenance_info jsonb,
    last_operation_type text,
    last_operation_state text,
    last_operation_description text,
    last_operation_proposed jsonb,
    last_operation_broker_data text,
    last_operation_created_at timestamptz,
    last_operation_updated_at timestamptz
);
create unique index service_instances_name on service_instances (space_guid, name);
create index service_instances_plan on service_instances (service_plan_guid);

create table service_bindings (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text,
    app_guid text not null references apps (guid),
    service_instance_guid text not null references service_instances (guid),
    credentials_encrypted bytea not null,
    credentials_key text not null,
    volume_mounts_encrypted bytea,
    volume_mounts_key text,
    binding_options jsonb,
    gateway_name text not null default '',
    gateway_data jsonb,
    configuration jsonb,
    syslog_drain_url text,
    last_operation_type text,
    last_operation_state text,
    last_operation_description text,
    last_operation_broker_data text,
    last_operation_created_at timestamptz,
    last_operation_updated_at timestamptz
);
create unique index service_bindings_pair on service_bindings (app_guid, service_instance_guid);
create unique index service_bindings_name on service_bindings (app_guid, name);
create index service_bindings_instance on service_bindings (service_instance_guid);

create table service_keys (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    service_instance_guid text not null references service_instances (guid),
    credentials_encrypted bytea not null,
    credentials_key text not null
);
create unique index service_keys_name on service_keys (service_instance_guid, name);

create table route_bindings (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    route_guid text not null references routes (guid),
    service_instance_guid text not null references service_instances (guid),
    route_service_url text
);
create unique index route_bindings_route on route_bindings (route_guid);
create index route_bindings_instance on route_bindings (service_instance_guid);

-- Security groups ------------------------------------------------------------------------------------

create table security_groups (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    name text not null,
    rules jsonb not null default '[]',
    running_default boolean not null default false,
    staging_default boolean not null default false
);
create unique index security_groups_name on security_groups (name);

create table security_groups_spaces (
    security_group_guid text not null references security_groups (guid) on delete cascade,
    space_guid text not null references spaces (guid) on delete cascade,
    lifecycle text not null check (lifecycle in ('running', 'staging')),
    primary key (security_group_guid, lifecycle, space_guid)
);
create index security_groups_spaces_space on security_groups_spaces (space_guid, lifecycle);

-- Events: what they tell of may be gone, so nothing is referenced --------------------------------------

create table events (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    "timestamp" timestamptz not null,
    type text not null,
    actor text not null,
    actor_type text not null,
    actor_name text,
    actor_username text,
    actee text not null,
    actee_type text not null,
    actee_name text,
    metadata jsonb not null default '{}',
    space_guid text not null default '',
    organization_guid text not null default ''
);
create index events_time on events ("timestamp", id);
create index events_actee on events (actee, "timestamp", id);
create index events_space on events (space_guid, "timestamp", id);
create index events_organization on events (organization_guid, "timestamp", id);

create table app_usage_events (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    state text not null,
    previous_state text,
    instance_count integer not null,
    previous_instance_count integer,
    memory_in_mb_per_instance integer not null,
    previous_memory_in_mb_per_instance integer,
    app_guid text not null,
    app_name text not null,
    space_guid text not null,
    space_name text not null,
    org_guid text not null,
    buildpack_guid text,
    buildpack_name text,
    package_state text,
    previous_package_state text,
    parent_app_guid text,
    parent_app_name text,
    process_type text,
    task_guid text,
    task_name text
);

create table service_usage_events (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    state text not null,
    org_guid text not null,
    space_guid text not null,
    space_name text not null,
    service_instance_guid text not null,
    service_instance_name text not null,
    service_instance_type text not null,
    service_plan_guid text,
    service_plan_name text,
    service_guid text,
    service_label text,
    service_broker_guid text,
    service_broker_name text
);

-- Crashes in the form of 2013.
create table app_events (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    app_guid text not null references apps (guid) on delete cascade,
    instance_guid text not null,
    instance_index integer not null,
    exit_status integer not null,
    exit_description text,
    "timestamp" timestamptz not null
);
create index app_events_app on app_events (app_guid);

-- Jobs -----------------------------------------------------------------------------------------------

-- What a client polls. The row goes when the job is done; a failed one stays, with the error it ended with.
create table jobs (
    id bigint generated always as identity primary key,
    guid text not null unique,
    created_at timestamptz not null default now(),
    operation text not null,
    started_at timestamptz,
    failed_at timestamptz,
    error jsonb
);
create index jobs_failed on jobs (failed_at) where failed_at is not null;

-- The scheduler's own table; its form is the library's.
create table scheduled_tasks (
    task_name text not null,
    task_instance text not null,
    task_data bytea,
    execution_time timestamptz not null,
    picked boolean not null,
    picked_by text,
    last_success timestamptz,
    last_failure timestamptz,
    consecutive_failures int,
    last_heartbeat timestamptz,
    version bigint not null,
    priority smallint,
    primary key (task_name, task_instance)
);
create index scheduled_tasks_execution_time on scheduled_tasks (execution_time);
create index scheduled_tasks_last_heartbeat on scheduled_tasks (last_heartbeat);
create index scheduled_tasks_priority on scheduled_tasks (priority desc, execution_time asc);

-- A row to lock, by name, where one change at a time must see the others: buildpack positions, seeding.
create table lockings (name text primary key);
insert into lockings (name) values ('buildpacks'), ('seed');
