@NullMarked
package io.nimbus.healthmanager.policy;

import org.jspecify.annotations.NullMarked;
