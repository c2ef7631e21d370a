package io.nimbus.cloudcontroller.flags;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The features that can be switched, each with what it is when nobody has switched it. */
public enum Flag {
    USER_ORG_CREATION(false),
    PRIVATE_DOMAIN_CREATION(true),
    APP_BITS_UPLOAD(true),
    APP_SCALING(true),
    ROUTE_CREATION(true),
    SERVICE_INSTANCE_CREATION(true),
    DIEGO_DOCKER(false),
    SET_ROLES_BY_USERNAME(true),
    UNSET_ROLES_BY_USERNAME(true),
    TASK_CREATION(true),
    ENV_VAR_VISIBILITY(true),
    SPACE_SCOPED_PRIVATE_BROKER_CREATION(true),
    SPACE_DEVELOPER_ENV_VAR_VISIBILITY(true),
    SERVICE_INSTANCE_SHARING(false),
    HIDE_MARKETPLACE_FROM_UNAUTHENTICATED_USERS(false),
    RESOURCE_MATCHING(true);

    private final boolean byDefault;

    Flag(boolean byDefault) {
        this.byDefault = byDefault;
    }

    public boolean byDefault() {
        return byDefault;
    }

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Flag> named(String name) {
        return Arrays.stream(values()).filter(flag -> flag.wireName().equals(name)).findFirst();
    }
}
