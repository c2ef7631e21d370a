/** The first rows: quota, organization, domain, stacks, buildpacks, security groups. */
@NullMarked
package io.nimbus.cloudcontroller.bootstrap;

import org.jspecify.annotations.NullMarked;
