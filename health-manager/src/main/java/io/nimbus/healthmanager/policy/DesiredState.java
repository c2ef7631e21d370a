package io.nimbus.healthmanager.policy;

import java.util.Map;

/**
 * Everything that should run: one complete fetch of the controller's bulk API, never a part of it.
 *
 * @param apps by app guid
 */
public record DesiredState(Map<String, DesiredApp> apps) {
    public static final DesiredState NONE = new DesiredState(Map.of());

    public DesiredState {
        apps = Map.copyOf(apps);
    }
}
