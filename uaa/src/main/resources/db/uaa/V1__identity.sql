-- Keys that sign tokens. All replicas share them: exactly one signs, retired ones verify for as long as
-- a token that they signed may live.
create table signing_key (
    id text primary key,
    jwk text not null,
    created timestamptz not null,
    retired timestamptz,
    accepted_until timestamptz,
    check ((retired is null) = (accepted_until is null))
);
create unique index signing_key_signs on signing_key ((retired is null)) where retired is null;

create table users (
    id text primary key,
    origin text not null,
    user_name text not null,
    external_id text,
    given_name text,
    family_name text,
    email text not null,
    phone_number text,
    password text,
    password_modified timestamptz not null,
    password_change_required boolean not null default false,
    active boolean not null default true,
    verified boolean not null default true,
    -- Changes with the password and with every revocation; tokens and sessions made before it are void.
    revision text not null,
    last_logon timestamptz,
    previous_logon timestamptz,
    created timestamptz not null,
    last_modified timestamptz not null,
    version integer not null default 0
);
create unique index users_name on users (origin, lower(user_name));
create unique index users_external_id on users (origin, external_id) where origin <> 'uaa';
create index users_any_name on users (lower(user_name));
create index users_email on users (lower(email));
create index users_created on users (created, id);

create table groups (
    id text primary key,
    display_name text not null,
    description text,
    created timestamptz not null,
    last_modified timestamptz not null,
    version integer not null default 0
);
create unique index groups_name on groups (lower(display_name));

-- One user may be a member by hand and by a provider's say at once, hence the origin in the key.
create table group_user (
    group_id text not null references groups on delete cascade,
    user_id text not null references users on delete cascade,
    origin text not null,
    created timestamptz not null,
    primary key (group_id, user_id, origin)
);
create index group_user_user on group_user (user_id);

create table group_group (
    group_id text not null references groups on delete cascade,
    member_id text not null references groups on delete cascade,
    origin text not null,
    created timestamptz not null,
    primary key (group_id, member_id)
);
create index group_group_member on group_group (member_id);

create table external_group (
    origin text not null,
    external_name text not null,
    group_id text not null references groups on delete cascade,
    created timestamptz not null,
    primary key (origin, external_name, group_id)
);
create index external_group_group on external_group (group_id);

create table client (
    id text primary key,
    -- bcrypt; empty for the empty secret
    secret text not null,
    second_secret text,
    grant_types text[] not null,
    scope text[] not null,
    authorities text[] not null,
    redirect_uris text[] not null,
    -- scopes that need no approval; * stands for all
    auto_approve text[] not null,
    resource_ids text[] not null,
    -- origins whose users may use this client; empty: all
    allowed_providers text[] not null,
    access_validity_s integer,
    refresh_validity_s integer,
    details jsonb not null default '{}',
    revision text not null,
    created timestamptz not null,
    last_modified timestamptz not null
);

create table approval (
    user_id text not null references users on delete cascade,
    client_id text not null references client on delete cascade,
    scope text not null,
    approved boolean not null,
    expires timestamptz not null,
    last_modified timestamptz not null,
    primary key (user_id, client_id, scope)
);
create index approval_client on approval (client_id);

-- Refresh tokens, and access tokens that can be revoked; never a token itself, only its digest.
create table stored_token (
    digest bytea primary key,
    kind text not null check (kind in ('access', 'refresh')),
    -- whether the id alone is the token; otherwise it is only the id of a signed one
    opaque boolean not null,
    client_id text not null references client on delete cascade,
    user_id text references users on delete cascade,
    claims jsonb not null,
    -- the authorization code it was given for: used twice, it takes them all back
    code_digest bytea,
    issued timestamptz not null,
    expires timestamptz not null
);
create index stored_token_user on stored_token (user_id);
create index stored_token_client on stored_token (client_id);
create index stored_token_code on stored_token (code_digest) where code_digest is not null;
create index stored_token_expires on stored_token (expires);

-- Authorization codes and passcodes.
create table one_time_code (
    digest bytea primary key,
    kind text not null check (kind in ('authorization', 'passcode')),
    user_id text not null references users on delete cascade,
    client_id text references client on delete cascade,
    redirect_uri text,
    scope text[] not null,
    challenge text,
    nonce text,
    auth_time timestamptz not null,
    revision text not null,
    expires timestamptz not null,
    used timestamptz
);
create index one_time_code_user on one_time_code (user_id);
create index one_time_code_client on one_time_code (client_id);
create index one_time_code_expires on one_time_code (expires);

create table browser_session (
    digest bytea primary key,
    user_id text not null references users on delete cascade,
    revision text not null,
    auth_time timestamptz not null,
    last_seen timestamptz not null,
    expires timestamptz not null
);
create index browser_session_user on browser_session (user_id);
create index browser_session_expires on browser_session (expires);

-- A browser that is away at another identity provider.
create table external_login (
    digest bytea primary key,
    origin text not null,
    browser_digest bytea not null,
    verifier text not null,
    nonce text not null,
    redirect_uri text not null,
    target text not null,
    expires timestamptz not null
);
create index external_login_expires on external_login (expires);

-- When the last attempts failed, in milliseconds since the epoch; by name, so that names which do not
-- exist lock like those that do.
create table failed_login (
    origin text not null,
    user_name text not null,
    at_ms bigint[] not null,
    last_ms bigint not null,
    primary key (origin, user_name)
);
create index failed_login_last on failed_login (last_ms);
