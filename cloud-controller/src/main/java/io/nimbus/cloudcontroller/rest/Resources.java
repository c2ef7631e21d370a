package io.nimbus.cloudcontroller.rest;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** All declared resources, by name: relations refer to each other in circles. */
public final class Resources {
    private final Map<String, Resource> byName = new LinkedHashMap<>();

    public Resources(Collection<Resource> resources) {
        for (var resource : resources) {
            if (byName.put(resource.name(), resource) != null) {
                throw new IllegalStateException("declared twice: " + resource.name());
            }
        }
        for (var resource : resources) {
            resource.toOne().forEach(relation -> named(relation.target()));
            resource.toMany().forEach(relation -> named(relation.target()));
        }
    }

    /**
     * @throws IllegalStateException when nothing of this name is declared
     */
    public Resource named(String name) {
        var resource = byName.get(name);
        if (resource == null) {
            throw new IllegalStateException("no resource " + name);
        }
        return resource;
    }

    Collection<Resource> all() {
        return byName.values();
    }
}
