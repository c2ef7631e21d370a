@NullMarked
package io.nimbus.stager.policy;

import org.jspecify.annotations.NullMarked;
