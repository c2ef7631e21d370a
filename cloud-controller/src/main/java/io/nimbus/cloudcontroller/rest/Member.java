package io.nimbus.cloudcontroller.rest;

/** What stands in an entity under a name of its own, in the order of declaration. */
sealed interface Member permits Attribute, ToOne {
    /** As in the JSON. */
    String key();
}
